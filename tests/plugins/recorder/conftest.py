"""A whole hub with a recorder, on simulated time, with two flats and people who live in them."""

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import databases
from linli import Context, EntityId, PersonId, PlaceId, PluginDomain, UserId, loads
from linli.auth import COMMAND_ACTOR
from linli.clock import SimulatedClock
from linli.hub import Hub
from linli.testing.hub import Deployment, running_hub
from linli_recorder.api import Form, Happening, HappeningsAsked, RecorderApi, StatesAsked
from linli_recorder.recorder import Recorder

FLAT, OTHER_FLAT = PlaceId("flat_1"), PlaceId("flat_2")
HUB = Context()

CENSUS = '''
    """Tells who lives where, and whether the past may be touched, as the test says."""
    import asyncio
    import sys
    import voluptuous as vol
    from linli import Capabilities, Manifest, hookimpl
    from linli_recorder.api import Tenancy

    ANSWERS = ("auth_tenancy_of", "recorder_may_purge")
    MANIFEST = Manifest(
        domain="census", layer="management", requires=("recorder",), capabilities=Capabilities(answers=ANSWERS)
    )
    CONFIG = vol.Schema({})
    told, may = sys.modules["recorder_census"].told, sys.modules["recorder_census"].may

    async def answer(value):
        if value == "hang":
            await asyncio.Event().wait()
        if isinstance(value, Exception):
            raise value
        return value

    @hookimpl
    async def auth_tenancy_of(place, reader):
        return await answer(told.get((place, reader), told.get((place, None))))

    @hookimpl
    async def recorder_may_purge(intent):
        return await answer(may.get(intent.action, True))
'''


class Census(ModuleType):
    """What the drop-in answers."""

    def __init__(self) -> None:
        super().__init__("recorder_census")
        self.told: dict[tuple[str, str | None], Any] = {}
        """By place, and by reader where that is said."""
        self.may: dict[str, Any] = {}
        """By action."""


@dataclass
class Home:
    """One hub, what it recorded, and who looks at it."""

    hub: Hub
    clock: SimulatedClock
    folder: Path
    census: "Census"

    @property
    def api(self) -> RecorderApi:
        return self.hub.rooms.apis.proxy(RecorderApi)  # type: ignore[type-abstract]

    async def set(self, entity_id: str, state: str, *, after: float = 1, **attributes: Any) -> None:
        """Time passes, then something is written."""
        await self.clock.forward(seconds=after)
        self.hub.rooms.states.set(EntityId(entity_id), state, attributes)

    def register(self, entity_id: str, unique_id: str, place: PlaceId | None = None) -> str:
        """An entity of the registry that bears this name; its registry id."""
        domain, _, object_id = entity_id.partition(".")
        row = self.hub.rooms.registries.entities.register(
            domain, PluginDomain("test"), unique_id, object_id=object_id, original_place=place
        )
        assert row.entity_id == entity_id
        return row.id

    async def person(
        self, name: str, role: str = "resident", *places: PlaceId, person: PersonId | None = None,
        is_owner: bool = False,
    ) -> Context:  # fmt: skip
        """The context of a request of somebody."""
        user = await self.hub.rooms.auth.users.create(
            name,
            role=role,
            username=name,
            places=places or None,
            person=person,
            actor=COMMAND_ACTOR,
            is_owner=is_owner,
        )
        return Context(UserId(user.id)).vouch()

    async def states(
        self, *entity_ids: str, reader: Context = HUB, since: float = 0, form: Form = Form.COMPRESSED, **more: Any
    ) -> dict[str, Any]:
        """The JSON of each entity, decoded; what waits is written first."""
        await self.api.settle()
        asked = StatesAsked(entity_ids, since, self.clock.timestamp() + 1, form, **more)
        return {name: loads(json) for name, json in await self.api.states(asked, reader)}

    async def told(self, *entity_ids: str, reader: Context = HUB, **more: Any) -> dict[str, list[Any]]:
        """Only the states."""
        found = await self.states(*entity_ids, reader=reader, **more)
        return {name: [row["s"] for row in rows] for name, rows in found.items()}

    async def happened(self, reader: Context = HUB, **more: Any) -> list[Happening]:
        """Everything between the beginning and now."""
        await self.api.settle()
        return list(await self.api.happenings(HappeningsAsked(0, self.clock.timestamp() + 1, **more), reader))

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What stands in the recorder's database, past linli."""
        return databases.current.rows(self.folder, "recorder", statement)

    async def call(self, service: str, reader: Context | None = None, **data: Any) -> Any:
        """Call a service of the recorder."""
        return await self.hub.rooms.services.call("recorder", service, data, context=reader)


Start = Callable[..., AbstractAsyncContextManager[Home]]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Start a hub on the test's folder; its data stay there for the next one."""

    @asynccontextmanager
    async def begin(
        settings: str = "{}", more: str = "", *, census: bool = False, at: float = 0
    ) -> AsyncIterator[Home]:
        deployment = Deployment(tmp_path, f"recorder: {settings}\nhome: {{}}\n{more}")
        if census:
            deployment = Deployment(tmp_path, f"recorder: {settings}\nhome: {{}}\ncensus: {{}}\n{more}")
            deployment.drop_in("census", CENSUS)
        clock = SimulatedClock()
        if at:
            await clock.forward(seconds=at)
        async with running_hub(deployment, clock=clock) as hub:
            yield Home(hub, clock, tmp_path / "data", said)

    said = Census()
    monkeypatch.setitem(sys.modules, "recorder_census", said)
    return begin


@pytest.fixture
async def home(start: Start) -> AsyncIterator[Home]:
    async with start() as found:
        yield found


def recorder_of(home: Home) -> Recorder:
    """The recorder behind the door, for what only a test does: hold its database's thread."""
    provider: Any = home.hub.rooms.apis.bound(RecorderApi, "settle")
    while hasattr(provider, "__wrapped__") or not hasattr(provider, "__self__"):
        provider = next(cell.cell_contents for cell in provider.__closure__ if hasattr(cell.cell_contents, "__self__"))
    return provider.__self__._recorder  # type: ignore[no-any-return]


__all__ = ["FLAT", "HUB", "OTHER_FLAT", "Home", "Start", "recorder_of"]
