"""Where one trigger stands while it is attached: its reader's view, its listeners and timers, and how it fires."""

from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from linli import Clock, Context, EntityId, Event, PluginContext, RenderInfo, State, StateChange, TemplateError, View
from linli_triggers.words import length_of, rendered

Undo = Callable[[], None]
Fired = Callable[[Mapping[str, Any], Context | None], None]
MOST_WAITING: Final = 1000


class Site:
    """What a trigger needs, and everything that ends with it."""

    def __init__(self, ctx: PluginContext, reader: Context, variables: Mapping[str, Any], fired: Fired) -> None:
        self.ctx = ctx
        self.variables = variables
        self._reader = reader
        self._fired = fired
        self._undo: dict[object, Undo] = {}
        self._line: deque[Callable[[], Coroutine[Any, Any, None]]] = deque(maxlen=MOST_WAITING)
        self._working = False
        self.closed = False

    # reading ---------------------------------------------------------------------------------------------------------

    @property
    def view(self) -> View:
        """What the reader sees now."""
        return self.ctx.view_of(self._reader)

    def state(self, entity_id: str) -> State | None:
        """The state as the reader sees it."""
        return self.masked(self.ctx.states.get(entity_id))

    def masked(self, state: State | None) -> State | None:
        """``state`` without what the reader does not see."""
        return None if state is None else self.view.mask(state)

    def both(self, change: StateChange) -> tuple[State | None, State | None]:
        """What an entity was and what it is, as the reader sees them."""
        mask = self.view.mask
        return None if change.old is None else mask(change.old), None if change.new is None else mask(change.new)

    def notices(self, event: Event[Any]) -> bool:
        """Whether the reader learns of the event: it is about what they see, and not only about what is hidden."""
        view = self.view
        if isinstance(event, StateChange) and not view.hides(event.entity_id):
            return view.sees(event.entity_id)
        return view.sees_event(event)

    async def render(self, value: Any, more: Mapping[str, Any] | None = None) -> Any:
        """``value`` with its templates (also deep inside) rendered in the reader's view. Raises TemplateError."""
        given = {**self.variables, **(more or {})}
        return await rendered(value, lambda text: self.ctx.templates.render(text, given, context=self._reader))

    async def read(self, text: str) -> RenderInfo:
        """A template's value in the reader's view with what it read."""
        return await self.ctx.templates.read(text, self.variables, context=self._reader)

    # following -------------------------------------------------------------------------------------------------------

    def track(self, entity_ids: Iterable[str], callback: Callable[[StateChange], None]) -> Undo:
        """Call ``callback`` for each change of these entities that the reader notices."""
        ids = [EntityId(entity_id) for entity_id in entity_ids]
        return self._own(self.ctx.states.track(ids, self._noticed(callback)))

    def listen(self, event_type: str, callback: Callable[[Any], None]) -> Undo:
        """Call ``callback`` for each event of this type that the reader notices."""
        return self._own(self.ctx.bus.listen(event_type, self._noticed(callback)))

    def call_later(self, delay: timedelta | float, callback: Callable[[], None]) -> Undo:
        """Run ``callback`` after ``delay``."""
        return self._timer(lambda run: self.ctx.call_later(delay, run), callback)

    def call_at(self, when: datetime, callback: Callable[[], None]) -> Undo:
        """Run ``callback`` at business time ``when``."""
        return self._timer(lambda run: self.ctx.call_at(when, run), callback)

    @property
    def clock(self) -> Clock:
        return self.ctx.clock

    def on_clock_step(self, callback: Callable[[], None]) -> Undo:
        """Run ``callback`` after each jump of the wall clock."""
        return self._own(self.ctx.on_clock_step(callback))

    def in_turn(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run ``work`` after what this trigger has to do already; where too much waits the oldest is dropped."""
        self._line.append(work)
        if not self._working:
            self._working = True
            self.ctx.spawn(self._work(), name="evaluate")

    async def _work(self) -> None:
        try:
            while self._line and not self.closed:
                await self._line.popleft()()
        finally:
            self._working = False

    def _noticed(self, callback: Callable[[Any], None]) -> Callable[[Event[Any]], None]:
        def told(event: Event[Any]) -> None:
            if self.notices(event):
                callback(event)

        return told

    def _timer(self, start: Callable[[Undo], Undo], callback: Callable[[], None]) -> Undo:
        key = object()

        def run() -> None:
            self._undo.pop(key, None)
            callback()

        self._undo[key] = start(run)
        return lambda: self._release(key)

    def _own(self, undo: Undo) -> Undo:
        key = object()
        self._undo[key] = undo
        return lambda: self._release(key)

    def _release(self, key: object) -> None:
        undo = self._undo.pop(key, None)
        if undo is not None:
            undo()

    # firing ----------------------------------------------------------------------------------------------------------

    def fire(self, trigger: Mapping[str, Any], context: Context | None) -> None:
        """Say that the trigger fired; ``context`` None: because time passed."""
        if not self.closed:
            self._fired(trigger, context)

    def close(self) -> None:
        """End all that was begun."""
        self.closed = True
        while self._undo:
            self._undo.popitem()[1]()


class Holding:
    """Waits until something has been so for a while (``for:``), once per key (an entity, mostly)."""

    def __init__(self, site: Site, length: timedelta | Any) -> None:
        self._site = site
        self._length = length
        """A length of time, or what renders to one."""
        self._waiting: dict[str, Undo | None] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._waiting

    @property
    def renders(self) -> bool:
        """The length is a template: :meth:`begin` wants variables."""
        return not (self._length is None or isinstance(self._length, timedelta))

    def begin(self, key: str, variables: Mapping[str, Any], then: Callable[[timedelta | None], None]) -> None:
        """Call ``then`` with the length once that has passed without :meth:`end`; without ``for:`` at once."""
        self.end(key)
        if self._length is None:
            then(None)
        elif isinstance(self._length, timedelta):
            self._wait(key, self._length, then)
        else:
            self._waiting[key] = token = lambda: None
            self._site.in_turn(lambda: self._render(key, token, variables, then))

    def end(self, key: str) -> None:
        """It is not so any more."""
        cancel = self._waiting.pop(key, None)
        if cancel is not None:
            cancel()

    async def _render(
        self, key: str, token: Undo, variables: Mapping[str, Any], then: Callable[[timedelta | None], None]
    ) -> None:
        try:
            length = length_of(await self._site.render(self._length, variables))
        except (TemplateError, ValueError) as error:
            self._site.ctx.log.warning("a trigger's for: gives no length of time: %s", error)
            length = None
        if self._waiting.get(key) is not token:
            return
        del self._waiting[key]
        if length is not None:
            self._wait(key, length, then)

    def _wait(self, key: str, length: timedelta, then: Callable[[timedelta | None], None]) -> None:
        def over() -> None:
            self._waiting.pop(key, None)
            then(length)

        self._waiting[key] = self._site.call_later(length, over)
