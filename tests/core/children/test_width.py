"""Every member of the door, used by one plugin in the hub's process and in one of its own: the same comes of it.

What cannot cross is refused with a sentence that names it; a table beside the door says which members those are.
"""

import tomllib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from linli.clock import SimulatedClock
from linli.context import Context
from linli.errors import InvalidRequest
from linli.hub import Hub
from linli.ids import UserId
from linli.testing import Deployment, running_hub

WIDE = '''
    """Wide: uses the whole door."""
    from dataclasses import dataclass
    from datetime import timedelta
    from typing import ClassVar

    import voluptuous as vol
    from linli import (
        NO_ATTRIBUTES, Access, Capabilities, DeviceInfo, EntityDescription, EntityId, Manifest, Message, Response,
        Severity, SupportsResponse, hookimpl,
    )
    from linli import schema as sv

    MANIFEST = Manifest(
        domain="wide", layer="application",
        capabilities=Capabilities(
            entities=("switch", "sensor"), listens=("wide_in", "light"), fires=("wide_out",), calls=("other.echo",),
        ),
    )
    CONFIG = vol.Schema(
        {vol.Optional("names", default=["a"]): [sv.slug], vol.Optional("every", default="10s"): sv.duration}
    )

    @dataclass(frozen=True, kw_only=True, eq=False)
    class Switch(EntityDescription[bool]):
        domain: ClassVar[str] = "switch"
        on: object = None

        def render(self, reading):
            return ("on" if reading else "off"), {"many": [1, 2]}

        def capabilities(self):
            return {"kind": "wide"}

        def commands(self):
            return {"turn_on": self.on}

    @dataclass(frozen=True, kw_only=True, eq=False)
    class Polled(EntityDescription[int]):
        domain: ClassVar[str] = "sensor"

        def render(self, reading):
            return str(reading), NO_ATTRIBUTES

    REFUSED = {}

    async def tried(name, what):
        try:
            answer = what()
            if hasattr(answer, "__await__"):
                await answer
        except Exception as error:
            REFUSED[name] = f"{type(error).__name__}: {error}"

    @hookimpl
    async def linli_setup(ctx):
        def doubled(call):
            return {"twice": call.data["number"] * 2, "by": call.context.user_id}

        ctx.services.register(
            "wide", "double", doubled, schema={vol.Required("number"): sv.integer(max=9)},
            response=SupportsResponse.ONLY,
        )
        ctx.services.register_entity("wide", "flip", domains=("switch",), command="turn_on")

    @hookimpl
    async def linli_setup_entry(ctx, entry):
        said = {"every": entry.data["every"].total_seconds(), "place": ctx.settings.name}
        said["mine"] = len(ctx.entries.all())
        seen = []

        async def on(**data):
            handle.write(True)
            return {"done": True}

        handle = ctx.entities.add(
            Switch(
                unique_id="s", name="Wide switch", on=on, remember=lambda: {"times": len(seen)},
                device=DeviceInfo(identifiers=frozenset({("wide", "d")}), name="Box"),
            )
        )
        said["last"] = None if handle.last is None else handle.last.state
        said["remembered"] = dict(handle.remembered)
        handle.write(False)
        said["ids"] = [handle.entity_id, len(handle.registry_id) > 5]
        count = 0

        async def poll():
            nonlocal count
            count += 1
            return count

        ctx.entities.add(Polled(unique_id="p", name="Wide count", poll=poll, poll_every=timedelta(seconds=30)))
        bridge = ctx.entities.device(DeviceInfo(identifiers=frozenset({("wide", "bridge")}), name="Bridge"))
        said["device"] = bridge.name

        def follow(change):
            seen.append((change.entity_id, None if change.new is None else change.new.state))
            ctx.bus.fire("wide_out", {"seen": change.new.state}, change.context)

        ctx.states.track([EntityId("light.hall")], follow)
        ctx.bus.listen("wide_in", lambda event: seen.append(("event", event.data["n"])))
        ctx.states.set("sensor.wide_free", "7", {"unit": "x"})
        await ctx.documents.put("notes", "one", {"text": "hello"})
        said["documents"] = {key: (d.revision, d.value) for key, d in (await ctx.documents.load("notes")).items()}
        await ctx.journal.record("wide.done", subject="x", details={"n": 1})
        ctx.notifications.create("look", notification_id="wide_note")
        ctx.issues.raise_issue("wide_issue", Message("broken"), severity=Severity.WARNING)
        counter = ctx.metrics.counter("linli_wide_things_total", "Things", ("kind",))
        counter.add("a", by=2)
        ctx.metrics.gauge("linli_wide_depth", "Depth", lambda: 5)
        ctx.metrics.histogram("linli_wide_seconds", "Seconds").observe(0.2)
        ticks = []
        ctx.call_later(20, lambda: ticks.append("later"))
        ctx.every(60, lambda: noted(ticks), name="every")
        said["echo"] = await ctx.services.call("other", "echo", {"x": 1}, return_response=True)
        said["has"] = [ctx.services.has("other", "echo"), ctx.services.has("other", "nothing")]
        said["blocking"] = await ctx.run_blocking(sum, [1, 2])
        outcomes = await ctx.together({"a": noted(ticks), "b": fails()})
        said["together"] = sorted(type(each).__name__ for each in outcomes.values())
        said["light"] = None if ctx.states.get("light.hall") is None else ctx.states.get("light.hall").state
        said["secret"] = ctx.states.get("lock.door") is not None
        said["rows"] = sorted(row.unique_id for row in ctx.registries.entities.all() if row.platform == "wide")
        await tried("calls", lambda: ctx.services.call("lock", "unlock"))
        await tried("fires", lambda: ctx.bus.fire("other_event", {}))
        await tried("serving", lambda: ctx.serving)
        await tried("taken", lambda: ctx.services.register("wide", "double", print))

        async def tell(call):
            return {"said": said, "seen": list(seen), "ticks": list(ticks), "refused": dict(REFUSED), "polls": count}

        ctx.services.register("wide", "tell", tell, response=SupportsResponse.ONLY)

        async def page(request):
            return Response.json({"path": request.path, "got": await request.json(), "q": request.query.get("q")})

        ctx.routes.add("POST", "/api/linli/wide/page", page, access=Access.USER)
        ctx.commands.add("wide/sum", lambda call: sum(call.message["numbers"]), {vol.Required("numbers"): [int]})

    async def noted(ticks):
        ticks.append("noted")

    async def fails():
        raise ValueError("no")
'''
OTHER = '''
    """Other: has an echo."""
    from linli import Manifest, SupportsResponse, hookimpl

    MANIFEST = Manifest(domain="other", layer="application")

    @hookimpl
    async def linli_setup(ctx):
        ctx.services.register("other", "echo", lambda call: dict(call.data), schema=None or {"x": int},
                              response=SupportsResponse.OPTIONAL)
'''
WAYS = {
    "in the hub": "trusted: [wide, other]",
    "in a process of its own": "trusted: [wide, other], children: [wide]",
    "not trusted": "trusted: [other]",
}


@pytest.fixture(params=WAYS)
def home(tmp_path: Path, request: pytest.FixtureRequest) -> Deployment:
    made = Deployment(tmp_path, f"linli: {{name: Home, {WAYS[request.param]}}}\nother: {{}}\nwide: {{}}")
    return made.drop_in("wide", WIDE.replace('"wide", layer', '"wide", after=("other",), layer')).drop_in(
        "other", OTHER
    )


@pytest.fixture
async def hub(home: Deployment) -> AsyncIterator[Hub]:
    async with running_hub(home, clock=SimulatedClock()) as hub:
        yield hub


async def ask(hub: Hub, service: str, data: Any = None) -> Any:
    await settled(hub)
    return await hub.rooms.services.call("wide", service, data, return_response=True)


async def settled(hub: Hub, seconds: float = 0) -> None:
    assert isinstance(hub.rooms.clock, SimulatedClock)
    await hub.rooms.clock.forward(seconds=seconds)


async def test_the_same_comes_of_it(hub: Hub, home: Deployment, request: pytest.FixtureRequest) -> None:
    rooms = hub.rooms
    rooms.states.set("light.hall", "on")  # type: ignore[arg-type]  # a plain name
    rooms.states.set("lock.door", "locked")  # type: ignore[arg-type]  # a plain name
    rooms.bus.fire("wide_in", {"n": 4})
    await settled(hub, 65)
    told = await ask(hub, "tell")
    said = dict(told["said"])
    assert said == {
        "every": 10.0, "place": "Home", "mine": said["mine"], "last": None, "remembered": {},
        "ids": ["switch.box_wide_switch", True], "device": "Bridge", "documents": {"one": (1, {"text": "hello"})},
        "echo": {"x": 1}, "has": [True, False], "blocking": 3, "together": ["NoneType", "ValueError"], "light": None,
        "secret": False, "rows": ["p", "s"],
    }  # fmt: skip
    assert [tuple(each) for each in told["seen"]] == [("light.hall", "on"), ("event", 4)]
    assert told["ticks"] == ["noted", "later", "noted"]
    assert told["polls"] == 3
    assert set(told["refused"]) == {"calls", "fires", "serving", "taken"}
    assert "which its manifest does not name" in told["refused"]["calls"]
    assert told["refused"]["taken"].startswith("InvalidRequest: service wide.double is already registered")
    shown = rooms.states.get("switch.box_wide_switch")
    assert shown is not None
    assert (shown.state, shown.attributes["many"], shown.attributes["kind"]) == ("off", [1, 2], "wide")
    free = rooms.states.get("sensor.wide_free")
    assert free is not None
    assert free.state == "7"
    count = rooms.states.get("sensor.wide_count")
    assert count is not None
    assert count.state == "3"
    assert [each.notification_id for each in rooms.notifications.all() if each.owner == "wide"] == ["wide_note"]
    issue = rooms.issues.get("wide", "wide_issue")  # type: ignore[arg-type]  # a plain name
    assert issue is not None
    metrics = rooms.metrics.expose()
    assert b'linli_wide_things_total{kind="a"} 2' in metrics
    assert b"linli_wide_depth 5" in metrics
    assert b"linli_wide_seconds_count 1" in metrics


async def test_services_are_checked_run_and_answered(hub: Hub) -> None:
    assert await ask(hub, "double", {"number": 4}) == {"twice": 8, "by": None}
    with pytest.raises(InvalidRequest):
        await ask(hub, "double", {"number": 12})
    await settled(hub)
    await hub.rooms.services.call("wide", "flip", target={"entity_id": "switch.box_wide_switch"})
    await settled(hub)
    shown = hub.rooms.states.get("switch.box_wide_switch")
    assert shown is not None
    assert shown.state == "on"


async def test_the_user_behind_a_change_stands_behind_what_follows_from_it(hub: Hub) -> None:
    heard: list[Context] = []
    hub.rooms.bus.listen("wide_out", lambda event: heard.append(event.context))
    cause = Context(UserId("someone")).vouch()
    hub.rooms.states.set("light.hall", "on", None, cause)  # type: ignore[arg-type]  # a plain name
    await settled(hub)
    assert [(context.user_id, context.id, context.vouched) for context in heard] == [("someone", cause.id, True)]


async def test_what_it_was_and_remembers_is_there_after_a_restart(home: Deployment) -> None:
    async with running_hub(home, clock=SimulatedClock()) as hub:
        hub.rooms.bus.fire("wide_in", {"n": 4})
        await settled(hub)
        await hub.rooms.services.call("wide", "flip", target={"entity_id": "switch.box_wide_switch"})
        await settled(hub)
    async with running_hub(home, clock=SimulatedClock()) as hub:
        said = (await ask(hub, "tell"))["said"]
        assert (said["last"], said["remembered"]) == ("on", {"times": 1})


async def test_requests_and_commands_reach_it(hub: Hub) -> None:
    await settled(hub)
    (route,) = [each for each in hub.rooms.routes.all() if each.path == "/api/linli/wide/page"]
    response: Any = await route.handler(Asked())  # type: ignore[arg-type,misc]  # a request of these tests
    assert b'"got":{"a":1}' in response.body.replace(b" ", b"")
    assert b"Bearer" not in response.body
    command = hub.rooms.commands.get("wide/sum")
    assert command is not None
    answer = command.handler(Said())
    assert (await answer if hasattr(answer, "__await__") else answer) == 6


class Asked:
    """A request."""

    method = "POST"
    path = "/api/linli/wide/page"
    params: ClassVar[dict[str, str]] = {}
    query: ClassVar = {"q": "1"}
    headers: ClassVar = {"Authorization": "Bearer secret", "Accept": "x"}
    remote = "127.0.0.1"
    context = Context(UserId("someone")).vouch()

    async def body(self) -> bytes:
        return b'{"a": 1}'

    async def json(self) -> Any:
        return {"a": 1}


class Said:
    """A message command."""

    id = 3
    message: ClassVar = {"id": 3, "type": "wide/sum", "numbers": [1, 2, 3]}
    remote = "127.0.0.1"
    context = Context(UserId("someone")).vouch()

    def event(self, payload: Any, about: Any = None) -> None: ...
    def on_unsubscribe(self, undo: Any) -> None: ...


# what crosses, and what does not -------------------------------------------------------------------------------------

REFUSED = {
    "ctx.db", "ctx.safety_db", "ctx.open_database", "ctx.serving", "ctx.view_of", "ctx.plugins", "routes.socket",
}  # fmt: skip
"""Members of the door that are refused in a process of the plugin's own; every other has an answer there."""


def test_of_every_member_of_the_door_it_is_decided_whether_it_crosses() -> None:
    table = tomllib.loads((Path(__file__).parents[1] / "plugin" / "door.toml").read_text())
    members = {f"{facet}.{member}" for facet, rows in table.items() for member in rows}
    assert members >= REFUSED
    guide = (Path(__file__).parents[3] / "docs" / "integrators.md").read_text()
    for name in REFUSED:
        assert f"`{name if name.startswith('ctx.') else f'ctx.{name}'}`" in guide, name
