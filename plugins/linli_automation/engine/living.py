"""What automations and scripts have in common as they live: taken up, changed, removed, told of when they are wrong."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar, Final, Generic, TypeVar

import voluptuous as vol

from linli import EntityDescription, EntityHandle, InvalidRequest, LinliError, Message, PluginContext, Severity
from linli_automation.engine.book import Written
from linli_automation.engine.places import place_of
from linli_automation.engine.trace import Trace

R = TypeVar("R")
W = TypeVar("W")
BROKEN: Final = "broken"
FAILED: Final = "failed"
TWO_SPELLINGS: Final = ("action", "condition", "trigger")


class LiveRule(ABC, Generic[R, W]):
    """One of them. Broken ones live too: unavailable, with an issue that says where and why."""

    noun: ClassVar[str]
    """What it is called in the log."""
    handle: EntityHandle[R]

    def __init__(self, ctx: PluginContext, written: Written) -> None:
        self.written = written
        self.words: W | None = None
        """What it says, checked; None: it is broken."""
        self.fault: str | None = None
        """Why it is broken."""
        self._told: Mapping[str, Any] = {}
        """What was told last of that: the same is not told again."""
        self._ctx = ctx
        self._has_failed = False
        """An issue tells of its last run."""

    @property
    def name(self) -> str:
        """What people call it, also where it is broken."""
        return str(self.written.says.get("alias", self.written.key))

    async def begin_life(self) -> None:
        """It was not there before."""
        await self._read()
        self.handle = self._ctx.entities.add(self._description())
        self._remember()
        await self._live()

    async def change(self, written: Written) -> None:
        """See :class:`linli_automation.engine.book.Live`."""
        await self._rest()
        self.written = written
        await self._read()
        self.handle.redescribe(self._description())
        await self._live()

    async def remove(self) -> None:
        """See :class:`linli_automation.engine.book.Live`."""
        entity_id = self.handle.entity_id
        await self._rest()
        self._ctx.issues.clear(self._issue(BROKEN))
        self._ctx.issues.clear(self._issue(FAILED))
        await self.handle.remove()
        await self._forget(entity_id)

    async def _read(self) -> None:
        """Check what is written; what is wrong becomes :attr:`fault`."""
        self.words, self.fault = None, None
        made = self.written.made
        try:
            if made is not None and made.fault is not None:
                raise InvalidRequest(made.fault)
            words = await self._checked(self.written.says)
        except vol.Invalid as error:
            self.tell_broken(str(error), error.path)
        except LinliError as error:
            self.tell_broken(str(error), getattr(error, "path", ()))
        else:
            self.words, self._told = words, {}
            self._ctx.issues.clear(self._issue(BROKEN))

    # what each kind says of itself -----------------------------------------------------------------------------------

    @abstractmethod
    async def _checked(self, config: Mapping[str, Any]) -> W:
        """What the configuration says; raises vol.Invalid or LinliError, with the path of the first mistake."""

    @abstractmethod
    def _description(self) -> EntityDescription[R]:
        """Its entity, as it is written now."""

    @abstractmethod
    def _remember(self) -> None:
        """Take up what the entity was before the restart."""

    @abstractmethod
    async def _live(self) -> None:
        """Begin to be as it is written."""

    @abstractmethod
    async def _rest(self) -> None:
        """End all that it does."""

    @abstractmethod
    async def _forget(self, entity_id: str) -> None:
        """Its entity was removed: away with what was kept of it."""

    # what went wrong -------------------------------------------------------------------------------------------------

    @property
    def _all_there(self) -> bool:
        """Whether all are set up that could know what it says; before, what is not understood is no mistake yet."""
        return True

    def _issue(self, what: str) -> str:
        return f"{what}_{self.written.key}"

    def tell_broken(self, why: str, path: Iterable[Any] = ()) -> None:
        """It cannot be taken up; ``path``: where in its configuration."""
        self.fault = why
        words = {"name": self.name, "where": self._place(path), "why": why}
        if words == self._told or not self._all_there:
            return
        self._told = words
        self._ctx.log.error("%s: %s %s cannot be taken up: %s", words["where"], self.noun, self.name, why)
        self._ctx.issues.raise_issue(self._issue(BROKEN), Message(BROKEN, words), severity=Severity.ERROR)

    def tell_failed(self, trace: Trace, error: Exception, first: str) -> None:
        """A run failed at the last step of its trace (``first``: before any)."""
        self._has_failed = True
        step = trace.last_step or first
        words = {"name": self.name, "where": self._place((step,)), "step": step, "why": str(error)}
        self._ctx.log.error("%s: %s %s failed at %s: %s", words["where"], self.noun, self.name, step, error)
        self._ctx.issues.raise_issue(self._issue(FAILED), Message(FAILED, words), severity=Severity.WARNING)

    def tell_succeeded(self) -> None:
        """A run came to its end."""
        if self._has_failed:
            self._has_failed = False
            self._ctx.issues.clear(self._issue(FAILED))

    def _place(self, path: Iterable[Any]) -> str:
        """Where a trace's path stands in the YAML, in the spelling that it has there."""
        words = [word for part in path for word in str(part).split("/")]
        steps: list[str | int] = [int(word) if word.isdecimal() else word for word in words if word]
        if steps and steps[0] in TWO_SPELLINGS:
            first = str(steps[0])
            steps[0] = first if first in self.written.config else f"{first}s"
        return place_of(self._ctx, self.written, steps)


def moment(written: Any) -> datetime | None:
    """What an attribute of before the restart says, where it says a moment."""
    try:
        return None if written is None else datetime.fromisoformat(str(written))
    except ValueError:
        return None
