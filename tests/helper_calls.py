"""What the tests of helpers share: a client of the message commands, what a helper shows, and a service on it."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from linli import Context, View
from linli.hub import Hub


class Caller:
    """A client of the message commands, who may see everything."""

    def __init__(self, hub: Hub, view: View | None = None, context: Context | None = None) -> None:
        self.hub = hub
        self.context = context or Context()
        self.view = view or hub.rooms.auth.views.everything
        self.events: list[Any] = []
        self.undo: list[Callable[[], None]] = []

    async def __call__(self, type: str, **data: Any) -> Any:
        command = self.hub.rooms.commands.get(type)
        assert command is not None
        call = SimpleNamespace(
            id=1,
            message=command.schema({"id": 1, "type": type, **data}),
            view=self.view,
            context=self.context,
            event=lambda payload, about: self.events.append(payload),
            on_unsubscribe=self.undo.append,
        )
        answer = command.handler(call)
        return await answer if hasattr(answer, "__await__") else answer


def shown(hub: Hub, entity_id: str) -> tuple[str, dict[str, Any]] | None:
    state = hub.rooms.states.get(entity_id)
    return None if state is None else (state.state, dict(state.attributes))


async def tell(hub: Hub, service: str, **data: Any) -> None:
    domain, _, name = service.partition(".")
    await hub.rooms.services.call(domain, name, data)
