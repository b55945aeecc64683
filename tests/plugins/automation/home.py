"""A home with rules: a whole hub on simulated time, and what its rules called."""

import textwrap
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from linli.clock import SimulatedClock
from linli.context import Context
from linli.testing.hub import Deployment, running_hub

START = datetime(2025, 1, 1, 12, tzinfo=UTC)

PROBE = """
import voluptuous as vol
from linli import Capabilities, Manifest, SupportsResponse, NotSupported, hookimpl
from linli_home.api import Light, LightReading, Lock, LockReading, LockState, Switch

MANIFEST = Manifest(domain="probe", layer="perception", requires=("home",), capabilities=Capabilities(
    entities=("light", "lock", "switch"), serves=("test",)))
CONFIG = vol.Schema({})
CALLS = []

@hookimpl
def linli_setup_entry(ctx, entry):
    calls = []

    def note(call):
        target = {key: list(ids) for key, ids in (("entity_id", call.target.entity_ids),) if ids}
        ctx.bus.fire("probe_called", {"name": call.service, "data": dict(call.data), **target}, call.context)
        return {"answer": call.data.get("answer", 42)} if call.return_response else None

    def fail(call):
        raise NotSupported("it cannot be done")

    for name in ("note", "other"):
        ctx.services.register("test", name, note, schema={vol.Extra: object}, response=SupportsResponse.OPTIONAL)
    ctx.services.register("test", "fail", fail, schema={vol.Extra: object})
    ctx.services.register("test", "boom", lambda call: 1 / 0, schema={vol.Extra: object})

    async def wait(call):
        await ctx.clock.sleep(call.data["seconds"])

    ctx.services.register("test", "wait", wait, schema={vol.Extra: object}, within=None)

    for name in ("a", "b"):
        def make(name):
            async def on():
                handle.write(True)
            async def off():
                handle.write(False)
            handle = ctx.entities.add(Switch(unique_id=name, name=name, turn_on=on, turn_off=off))
            handle.write(False)
        make(name)
    for name in ("front", "back"):
        def make_lock(name):
            async def lock(code=None):
                handle.write(LockReading(LockState.LOCKED))
            async def unlock(code=None):
                handle.write(LockReading(LockState.UNLOCKED))
            handle = ctx.entities.add(Lock(unique_id=name, name=name, lock=lock, unlock=unlock))
            handle.write(LockReading(LockState.LOCKED))
        make_lock(name)
"""


class Ruled:
    """A hub whose rules tell by the event ``told``, on whatever time."""

    def __init__(self, hub: Any) -> None:
        self.hub, self.rooms = hub, hub.rooms
        self.events: list[Any] = []
        hub.rooms.bus.listen("told", self.events.append)

    def told(self) -> list[Any]:
        """What the rules told since the last asking."""
        found = [dict(event.data) for event in self.events]
        self.events.clear()
        return found

    def issues(self, plugin: str = "automation") -> dict[str, str]:
        found = (issue for issue in self.rooms.issues.all() if issue.domain == plugin)
        return {issue.issue_id: str(dict(issue.message.parameters)) for issue in found}


class Home(Ruled):
    """What a test does to it, and sees of it."""

    def __init__(self, hub: Any, clock: SimulatedClock) -> None:
        super().__init__(hub)
        self.clock = clock
        self.calls: list[Any] = []
        hub.rooms.bus.listen("probe_called", self.calls.append)

    async def fire(self, event: str, context: Context | None = None, **data: Any) -> None:
        self.rooms.bus.fire(event, data, context or Context())
        await self.clock.settle()

    async def set(self, entity_id: str, state: str, context: Context | None = None, **attributes: Any) -> None:
        self.rooms.states.set(entity_id, state, attributes, context)
        await self.clock.settle()

    async def call(self, name: str, context: Context | None = None, **data: Any) -> Any:
        domain, _, service = name.partition(".")
        response = data.pop("_response", False)
        answer = await self.rooms.services.call(domain, service, data, context=context, return_response=response)
        await self.clock.settle()
        return answer

    async def forward(self, seconds: float) -> None:
        await self.clock.forward(seconds=seconds)

    def state(self, entity_id: str) -> Any:
        return self.rooms.states.get(entity_id)

    def done(self) -> list[Any]:
        """What the rules called since the last asking: the data of ``test.note``, or another service's name."""
        found = [
            event.data["data"].get("n", event.data["data"]) if event.data["name"] == "note" else event.data["name"]
            for event in self.calls
        ]
        self.calls.clear()
        return found


@asynccontextmanager
async def home_with(
    tmp_path: Any,
    yaml: str,
    *,
    start: datetime = START,
    files: dict[str, str] | None = None,
    plugins: dict[str, str] | None = None,
    children: Collection[str] = (),
) -> AsyncIterator[Home]:
    """A hub with that YAML below the plugins that every test needs."""
    clock = SimulatedClock(start)
    base = "linli: {time_zone: Europe/Berlin, latitude: 48.1, longitude: 11.6, trusted: [probe, spy, nosy, radio]}\n"
    base += "home:\nprobe:\n"
    deployment = Deployment(tmp_path, base + textwrap.dedent(yaml)).drop_in("probe", PROBE)
    for name, text in (plugins or {}).items():
        deployment.drop_in(name, text)
    for name, text in (files or {}).items():
        path = deployment.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    async with running_hub(deployment, clock=clock, children=children) as hub:
        await clock.settle()
        home = Home(hub, clock)
        home.deployment = deployment  # type: ignore[attr-defined]  # for tests that change the YAML
        yield home
