"""What a plugin posts through its door: metrics under its own name, notifications for whom it says."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from linli.errors import LinliError
from linli.hub import Hub
from linli.ids import EntityId, PluginDomain
from linli.plugin.overview import PluginState
from linli.testing import Deployment, running_hub

COUNTING = '''
    """Counting: measures itself."""
    from linli import Manifest, hookimpl

    MANIFEST = Manifest(domain="counting", layer="data")

    @hookimpl
    def linli_setup(ctx):
        ctx.metrics.counter("linli_counting_rings_total", "Rings", ["door"]).add("front")
        ctx.metrics.histogram("linli_counting_seconds", "Time").observe(0.2)

    @hookimpl
    def linli_setup_entry(ctx, entry):
        ctx.metrics.gauge("linli_counting_queue", "Waiting", lambda: 3)
        ctx.notifications.create("For all of us", notification_id="x", audience="everyone", critical=True)
'''

GREEDY = '''
    """Greedy: counts under another's name."""
    from linli import Manifest, hookimpl

    MANIFEST = Manifest(domain="greedy", layer="data")

    @hookimpl
    def linli_setup(ctx):
        ctx.metrics.counter("linli_counting_rings_total", "Rings", ["door"])
'''


async def test_a_plugin_measures_itself_and_its_gauges_go_with_the_entry(tmp_path: Path) -> None:
    home = Deployment(tmp_path, "counting: {}").drop_in("counting", COUNTING)
    async with running_hub(home) as hub:
        shown = hub.rooms.metrics.expose().decode()
        assert 'linli_counting_rings_total{door="front"} 1\n' in shown
        assert "linli_counting_seconds_count 1\n" in shown
        assert "linli_counting_queue 3\n" in shown
        assert 'linli_plugin_hook_calls_total{plugin="counting"} 2\n' in shown
        await hub.rooms.entries.unload_domain(PluginDomain("counting"))
        assert "linli_counting_queue" not in hub.rooms.metrics.expose().decode()


async def test_a_notification_is_for_whom_the_plugin_says(tmp_path: Path) -> None:
    home = Deployment(tmp_path, "counting: {}").drop_in("counting", COUNTING)
    async with running_hub(home) as hub:
        (shown,) = hub.rooms.notifications.all(admin=False)
        assert (shown.notification_id, shown.owner, shown.critical) == ("x", "counting", True)


async def test_a_plugin_counts_under_its_own_name_alone(tmp_path: Path) -> None:
    home = Deployment(tmp_path, "counting: {}\ngreedy: {}").drop_in("counting", COUNTING).drop_in("greedy", GREEDY)
    async with running_hub(home) as hub:
        status = hub.rooms.overview.get("greedy")
        assert status is not None
        assert status.state is PluginState.RETRYING
        assert "its names begin with linli_greedy_" in (status.reason or "")


NAMES = '''
    """Names: writes states, fires events and offers services under what a test says."""
    from linli import Capabilities, Manifest, Privilege, hookimpl

    CAN = Capabilities(
        serves=("*",), entities=("*",), fires=("*",), privileges=frozenset({Privilege.OVERRIDE})
    )
    MANIFEST = Manifest(domain="names", layer="data", capabilities=CAN)

    @hookimpl
    def linli_setup(ctx):
        async def write(call):
            ctx.states.set(call.data["entity_id"], call.data["state"])

        async def offer(call):
            ctx.services.register(call.data["domain"], call.data["name"], write)

        async def offer_on_entities(call):
            ctx.services.register_entity(call.data["domain"], call.data["name"])

        async def fire(call):
            ctx.bus.fire(call.data["event_type"], {})

        ctx.services.register("names", "write", write, schema={"entity_id": str, "state": str})
        ctx.services.register("names", "offer", offer, schema={"domain": str, "name": str})
        ctx.services.register("names", "offer_on_entities", offer_on_entities, schema={"domain": str, "name": str})
        ctx.services.register("names", "fire", fire, schema={"event_type": str})
'''


@asynccontextmanager
async def naming(tmp_path: Path) -> AsyncIterator[Hub]:
    home = Deployment(tmp_path, "linli: {name: House, trusted: [names], grants: {names: [override]}}\nnames: {}")
    async with running_hub(home.drop_in("names", NAMES)) as hub:
        yield hub


async def test_a_state_under_what_is_no_entity_id_is_refused(tmp_path: Path) -> None:
    async with naming(tmp_path) as hub:
        for name in ("not an id", "Sensor.ABC", "sensor", "sensor.a.b", "sensor.\ud800"):
            with pytest.raises(LinliError, match="no entity id"):
                await hub.rooms.services.call("names", "write", {"entity_id": name, "state": "on"})
            assert hub.rooms.states.get(name) is None
        await hub.rooms.services.call("names", "write", {"entity_id": "sensor.a", "state": "on"})
        assert hub.rooms.states.get("sensor.a") is not None


@pytest.mark.parametrize("offer", ["offer", "offer_on_entities"])
async def test_a_service_that_nobody_could_call_is_refused(tmp_path: Path, offer: str) -> None:
    async with naming(tmp_path) as hub:
        before = {domain: sorted(names) for domain, names in hub.rooms.services.all().items()}
        for domain, name in (("Bad", "do"), ("bad", "Do"), ("bad", "do it"), ("", "do")):
            with pytest.raises(LinliError, match="small letters"):
                await hub.rooms.services.call("names", offer, {"domain": domain, "name": name})
        assert {domain: sorted(names) for domain, names in hub.rooms.services.all().items()} == before


async def test_what_states_do_is_told_by_nobody_but_the_states(tmp_path: Path) -> None:
    async with naming(tmp_path) as hub:
        heard: list[object] = []
        hub.rooms.bus.listen("state_changed", heard.append)
        for event_type in ("state_changed", "state_reported"):
            with pytest.raises(LinliError, match="when a state changes"):
                await hub.rooms.services.call("names", "fire", {"event_type": event_type})
        assert heard == []


async def test_an_override_names_its_plugin_and_is_journaled_once_in_a_series(tmp_path: Path) -> None:
    async with naming(tmp_path) as hub:
        states, services = hub.rooms.states, hub.rooms.services
        slot = states.slot(EntityId("lock.door"))
        slot.owner = PluginDomain("lock")
        states.write(slot, "locked", {})
        for state in ("open", "opening", "open"):
            await services.call("names", "write", {"entity_id": "lock.door", "state": state})
        states.write(slot, "locked", {})
        await services.call("names", "write", {"entity_id": "lock.door", "state": "open"})
        found = states.get("lock.door")
        assert found is not None
        assert found.context.plugin == "names"
        await hub.rooms.clock.settle()  # type: ignore[attr-defined]  # it is simulated
        rows = [row for row in await hub.rooms.storage.journal.rows() if row.action == "state.overridden"]
        assert [(row.subject, row.details, row.actor.plugin) for row in rows] == [
            ("lock.door", {"owner": "lock"}, "names")
        ] * 2
