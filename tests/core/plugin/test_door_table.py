"""Every public member of the door has a row in door.toml that says what is decided of it, and each row holds."""

import tomllib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent
from types import ModuleType
from typing import Any, ClassVar

import pytest

from linli import NO_ATTRIBUTES, Context, EntityDescription, Manifest, NotSupported, Privilege, hookspec
from linli.errors import ContractError
from linli.hub import Hub
from linli.plugin.context import PluginContext
from linli.plugin.facets import Facet
from linli.plugin.flood import CALLS, EVENTS, STATES
from linli.plugin.manifest import Capabilities
from linli.plugin.shown import CHANGED, READ, REGISTRIES, TheHubs
from linli.testing import Deployment, running_hub
from linli_triggers.api import TriggersApi

TABLE: dict[str, dict[str, Any]] = {
    f"{facet}.{member}": row
    for facet, members in tomllib.loads((Path(__file__).parent / "door.toml").read_text()).items()
    for member, row in members.items()
}
THE_HUBS = {
    "registries": {"load", "close", "keeper", "facts"},
    "entities": {"entries_named", "register", "redefine", "forget", "forget_entry", "entry_disabled", "removed"},
    "devices": {"entries_named", "register", "forget_entry", "entry_disabled", "removed"},
    "areas": {"get_or_make", "clear_floor"},
    "floors": set(),
    "labels": set(),
    "categories": set(),
    "entries": {"load", "adopt", "set_up_domain", "unload_domain", "close"},
    "plugins": {"watch", "enter", "turn"},
}
OF_EVERY_REGISTRY = {"row_type", "document_kind", "load", "follow", "make", "before_removal"}
OF_SOME = {"clear_area", "clear_label", "clear_category"}

OTHER = '''
    """Other: has what another plugin may not touch."""
    from dataclasses import dataclass
    from typing import ClassVar

    from linli import Capabilities, EntityDescription, Manifest, NO_ATTRIBUTES, hookimpl

    MANIFEST = Manifest(domain="other", layer="application", capabilities=Capabilities(entities=("sensor",)))

    @dataclass(frozen=True, kw_only=True, eq=False)
    class Count(EntityDescription[int]):
        domain: ClassVar[str] = "sensor"

        def render(self, reading):
            return str(reading), NO_ATTRIBUTES

    @hookimpl
    async def linli_setup_entry(ctx, entry):
        handle = ctx.entities.add(Count(unique_id="theirs", name="Theirs", suggested_object_id="theirs"))
        handle.write(1)
        ctx.notifications.create("look", notification_id="theirs")
'''


@dataclass(frozen=True, kw_only=True, eq=False)
class Count(EntityDescription[int]):
    domain: ClassVar[str] = "sensor"

    def render(self, reading: int) -> tuple[str, Any]:
        return str(reading), NO_ATTRIBUTES


@hookspec
def other_asks() -> str | None:
    """Somebody's hook."""


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    async with running_hub(Deployment(tmp_path, "other: {}").drop_in("other", OTHER), encoded=False) as hub:
        hooks = ModuleType("other_hooks")
        hooks.other_asks = other_asks  # type: ignore[attr-defined]  # a module of hooks, as a plugin has one
        hub.rooms.hook_table.declare("other", hooks)  # type: ignore[arg-type]  # a plain name
        yield hub


def door(hub: Hub, **said: Any) -> PluginContext:
    return PluginContext(hub.rooms, Manifest("asker", "application", capabilities=Capabilities(**said)), frozenset())


async def attempt(ctx: PluginContext, code: str) -> None:
    space: dict[str, Any] = {
        "ctx": ctx, "Count": Count, "Context": Context, "other_asks": other_asks, "OtherApi": TriggersApi,
    }  # fmt: skip
    exec(f"async def go():\n{indent(code, '    ')}\n", space)
    await space["go"]()


def members(ctx: PluginContext) -> Iterator[str]:
    for name in dir(ctx) + list(vars(ctx)):
        if name.startswith("_"):
            continue
        facet = vars(ctx).get(name)
        if isinstance(facet, Facet):
            yield from (f"{name}.{member}" for member in dir(facet) if not member.startswith("_"))
        else:
            yield f"ctx.{name}"


async def test_every_member_of_the_door_has_its_row_and_every_row_its_member(hub: Hub) -> None:
    assert set(members(door(hub))) == set(TABLE)
    for name, row in TABLE.items():
        assert row.keys() & {"free", "own", "capability", "privilege"}, name


def rows(kind: str) -> list[Any]:
    return [pytest.param(row, id=name) for name, row in TABLE.items() if kind in row]


async def refusals(hub: Hub) -> dict[str, int]:
    """What the journal says of each reason, once its minute is over."""
    await hub.rooms.clock.forward(seconds=61)  # type: ignore[attr-defined]  # the simulated clock
    await hub.rooms.storage.journal.close()
    return {
        row.subject: row.details["count"]
        for row in await hub.rooms.storage.journal.rows()
        if row.action == "refused"
    }  # fmt: skip


@pytest.mark.parametrize("row", rows("capability"))
async def test_what_needs_a_capability_is_refused_counted_and_journaled(hub: Hub, row: dict[str, Any]) -> None:
    for _ in range(3):
        with pytest.raises(ContractError, match="which its manifest does not name"):
            await attempt(door(hub), row["attempt"])
    kind = row["capability"]
    assert f'plugin="asker",capability="{kind}"}} 3\n' in hub.rooms.metrics.expose().decode()
    assert await refusals(hub) == {kind: 3}


@pytest.mark.parametrize("row", rows("privilege"))
async def test_what_needs_a_privilege_is_refused_counted_and_journaled(hub: Hub, row: dict[str, Any]) -> None:
    privilege = Privilege(row["privilege"])
    before = hub.rooms.registries.entities.get("sensor.theirs")
    for declared in (frozenset(), frozenset({privilege})):  # declared, and yet not granted
        with pytest.raises(ContractError, match=str(privilege)):
            await attempt(door(hub, privileges=declared), row["attempt_of_the_privilege"])
    assert await refusals(hub) == {f"privilege.{privilege}": 2}
    assert hub.rooms.states.get("sensor.theirs").state == "1"  # type: ignore[union-attr]  # it is there
    assert hub.rooms.registries.entities.get("sensor.theirs") == before
    assert hub.rooms.notifications.get("theirs") is not None


@pytest.mark.parametrize("row", rows("own"))
async def test_what_is_anothers_is_refused(hub: Hub, row: dict[str, Any]) -> None:
    with pytest.raises((ContractError, NotSupported)):
        await attempt(door(hub), row["own"])


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("events", 'ctx.bus.fire("asker_rang", {})'),
        ("states", 'ctx.states.set("sensor.nobodys", str(number))'),
        ("states", 'ctx.states.set("sensor.theirs", str(number))'),
        ("calls", 'await ctx.services.call("asker", "nothing")'),
    ],
    ids=["events", "states", "states of others", "calls"],
)
async def test_what_is_metered_is_too_much_at_last(hub: Hub, kind: str, code: str) -> None:
    assert {row["metered"] for row in TABLE.values() if "metered" in row} == {"events", "states", "calls"}
    burst = {"events": EVENTS, "states": STATES, "calls": CALLS}[kind].burst
    override = frozenset({Privilege.OVERRIDE})
    manifest = Manifest(
        "asker", "application", capabilities=Capabilities(entities=("sensor",), privileges=override)
    )  # fmt: skip
    ctx = PluginContext(hub.rooms, manifest, override)
    ctx.services.register("asker", "nothing", lambda call: None)
    loop = f"for number in range({int(burst) + 10}):\n    try:\n        {code}\n    except Exception:\n        pass"
    await attempt(ctx, loop)
    assert f'linli_plugin_floods_total{{plugin="asker",kind="{kind}"}}' in hub.rooms.metrics.expose().decode()


async def test_of_registries_entries_and_plugins_every_member_is_decided(hub: Hub) -> None:
    shown = {name: getattr(hub.rooms.registries, name) for name in REGISTRIES}
    shown |= {"registries": hub.rooms.registries, "entries": hub.rooms.entries, "plugins": hub.rooms.overview}
    assert READ.keys() == shown.keys() == THE_HUBS.keys()
    for name, room in shown.items():
        public = {member for member in dir(room) if not member.startswith("_") and callable(getattr(room, member))}
        known = {*READ[name], *CHANGED.get(name, ()), *THE_HUBS[name]}
        known |= OF_EVERY_REGISTRY | OF_SOME if name in REGISTRIES else set()
        known |= set(REGISTRIES) if name == "registries" else set()
        assert public <= known, f"decide in shown.py, or here, of {name}: {public - known}"


async def test_what_is_the_hubs_own_is_not_at_the_door(hub: Hub) -> None:
    ctx = door(hub)
    with pytest.raises(TheHubs, match="register"):
        ctx.registries.entities.register  # noqa: B018
    assert not hasattr(ctx.entries, "adopt")
    assert len(ctx.registries.entities) == len(list(ctx.registries.entities.all())) == 1
    assert [status.domain for status in ctx.plugins.all()] == [status.domain for status in hub.rooms.overview.all()]


async def test_a_plugin_changes_what_is_its_own(hub: Hub) -> None:
    manifest = Manifest("other", "application", capabilities=Capabilities(entities=("sensor",)))
    ctx = PluginContext(hub.rooms, manifest, frozenset())
    await ctx.registries.entities.update("sensor.theirs", name="Ours")
    assert hub.rooms.registries.entities.get("sensor.theirs").name == "Ours"  # type: ignore[union-attr]  # it is there
    entry = ctx.entries.all("other")[0]
    await ctx.entries.update(entry.entry_id, title="Ours")
    assert hub.rooms.entries.get(entry.entry_id).title == "Ours"  # type: ignore[union-attr]  # it is there


async def test_only_what_is_for_safety_is_kept_out_by_no_limit_of_the_server(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, "other: {safety: true}").drop_in("other", OTHER)
    async with running_hub(deployment, encoded=False) as hub:
        for domain in ("other", "asker"):
            ctx = PluginContext(hub.rooms, Manifest(domain, "application"), frozenset())
            ctx.routes.add("POST", f"/{domain}", lambda request: None, exempt=True)  # type: ignore[arg-type,return-value]  # never asked
        assert {route.path: route.exempt for route in hub.rooms.routes.all()} == {"/other": True, "/asker": False}
