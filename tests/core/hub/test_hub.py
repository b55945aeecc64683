"""A whole hub with drop-in plugins: set-up, failure, retry, unloading, restart; every value at the door is encoded."""

from pathlib import Path

import pytest

from linli.clock import SimulatedClock
from linli.context import Context
from linli.entries import EntryState
from linli.errors import DeploymentError, NotSupported
from linli.ids import EntityId
from linli.plugin.overview import PluginState
from linli.rooms import HubState
from linli.testing import Deployment, running_hub

LAMP = '''
    """Lamp: one lamp that remembers nothing."""
    from dataclasses import dataclass
    from typing import ClassVar
    import voluptuous as vol
    from linli import (Capabilities, Command, DeviceInfo, EntityDescription, Manifest, NO_ATTRIBUTES, given, hookimpl,
                       schema as sv)

    MANIFEST = Manifest(domain="lamp", layer="perception", single=False,
                        capabilities=Capabilities(serves=("light",), entities=("light",)))
    CONFIG = vol.Schema({vol.Optional("name", default="Lamp", description="What it is called"): sv.string})

    @dataclass(frozen=True, kw_only=True, eq=False)
    class Lamp(EntityDescription[bool]):
        domain: ClassVar[str] = "light"
        turn_on: Command | None = None

        def render(self, reading):
            return ("on" if reading else "off"), NO_ATTRIBUTES

        def commands(self):
            return given(turn_on=self.turn_on)

    @hookimpl
    async def linli_setup(ctx):
        ctx.services.register_entity("light", "turn_on", {})

    @hookimpl
    async def linli_setup_entry(ctx, entry):
        async def turn_on():
            handle.write(True)
        device = DeviceInfo(identifiers=frozenset({("lamp", entry.entry_id)}), name=entry.data["name"])
        handle = ctx.entities.add(Lamp(unique_id=entry.unique_id, name="", device=device, turn_on=turn_on))
        handle.write(False)
        ctx.bus.listen("lamp_off", lambda event: handle.write(False))
        ctx.states.track([handle.entity_id], lambda change: None)
        ctx.every(60, heartbeat, name="heartbeat")
        ctx.call_later(3600, lambda: None)

    async def heartbeat():
        return None
'''

STUBBORN = '''
    """Stubborn: fails three times, then runs."""
    from linli import Manifest, hookimpl

    MANIFEST = Manifest(domain="stubborn", layer="application")
    tries = []

    @hookimpl
    async def linli_setup(ctx):
        tries.append(ctx.clock.monotonic())
        if len(tries) < 3:
            raise OSError("the device does not answer")
'''

WAITING = '''
    """Waiting: needs stubborn."""
    from linli import Manifest, hookimpl

    MANIFEST = Manifest(domain="waiting", layer="application", requires=("stubborn",))

    @hookimpl
    async def linli_setup(ctx):
        ctx.bus.fire("waiting_runs", {})
'''


async def test_a_folder_dropped_in_is_a_plugin_that_runs(tmp_path: Path) -> None:
    home = Deployment(tmp_path, "lamp: {name: 客厅灯}").drop_in("lamp", LAMP)
    async with running_hub(home) as hub:
        assert hub.state is HubState.RUNNING
        state = hub.rooms.states.get("light.ke_ting_deng")
        assert state is not None
        assert (state.state, state.attributes["friendly_name"]) == ("off", "客厅灯")


async def test_a_service_call_reaches_the_entity_and_carries_its_cause_into_the_state(tmp_path: Path) -> None:
    async with running_hub(Deployment(tmp_path, "lamp: {}").drop_in("lamp", LAMP)) as hub:
        cause = Context()
        await hub.rooms.services.call("light", "turn_on", target={"entity_id": "light.lamp"}, context=cause)
        state = hub.rooms.states.get("light.lamp")
        assert state is not None
        assert (state.state, state.context) == ("on", cause)


async def test_a_yaml_list_makes_one_entry_for_each_item(tmp_path: Path) -> None:
    home = Deployment(tmp_path, "lamp: [{name: Hall}, {name: Yard}]").drop_in("lamp", LAMP)
    async with running_hub(home) as hub:
        assert {entry.title for entry in hub.rooms.entries.all("lamp")} == {"Hall", "Yard"}
        assert set(hub.rooms.states.ids("light")) == {"light.hall", "light.yard"}


async def test_unloading_an_entry_leaves_nothing_behind(tmp_path: Path) -> None:
    async with running_hub(Deployment(tmp_path, "lamp: {}").drop_in("lamp", LAMP)) as hub:
        rooms = hub.rooms
        entry = rooms.entries.all("lamp")[0]
        await rooms.entries.unload(entry.entry_id)
        assert rooms.bus.counts().get("lamp_off", 0) == 0
        assert rooms.states.tracked() == 0
        assert len(rooms.platforms) == 0
        state = rooms.states.get("light.lamp")
        assert state is not None
        assert (state.state, state.attributes["restored"]) == ("unavailable", True)
        await rooms.entries.reload(entry.entry_id)
        assert rooms.states.get("light.lamp").state == "off"  # type: ignore[union-attr]
        assert rooms.bus.counts()["lamp_off"] == 1


async def test_a_plugin_that_fails_is_shown_and_tried_again_with_growing_pauses(tmp_path: Path) -> None:
    clock = SimulatedClock()
    home = Deployment(tmp_path, "stubborn: {}\nwaiting: {}\nlamp: {}")
    for name, source in (("stubborn", STUBBORN), ("waiting", WAITING), ("lamp", LAMP)):
        home.drop_in(name, source)
    async with running_hub(home, clock=clock) as hub:
        rooms = hub.rooms
        status = rooms.overview.get("stubborn")
        assert status is not None
        assert status.state is PluginState.RETRYING
        assert "does not answer" in str(status.reason)
        assert rooms.states.get("light.lamp") is not None, "the others run"
        assert rooms.notifications.get("plugin_stubborn") is not None
        await clock.forward(seconds=5)
        assert status.state is PluginState.RETRYING
        await clock.forward(seconds=10)
        assert status.state is PluginState.RUNNING
        assert rooms.notifications.get("plugin_stubborn") is None
        await clock.forward(minutes=10)
        waiting = rooms.overview.get("waiting")
        assert waiting is not None
        assert waiting.state is PluginState.RUNNING


async def test_an_entity_comes_back_under_its_own_name_after_a_restart(tmp_path: Path) -> None:
    home = Deployment(tmp_path, "lamp: {}").drop_in("lamp", LAMP)
    async with running_hub(home) as hub:
        await hub.rooms.registries.entities.update("light.lamp", new_entity_id="light.bedside", name="Bedside")
    async with running_hub(home) as hub:
        assert hub.rooms.states.ids("light") == [EntityId("light.bedside")]
        state = hub.rooms.states.get("light.bedside")
        assert state is not None
        assert state.attributes["friendly_name"] == "Bedside"


async def test_an_entry_that_a_person_disabled_stays_off_after_a_restart(tmp_path: Path) -> None:
    home = Deployment(tmp_path, "lamp: {}").drop_in("lamp", LAMP)
    async with running_hub(home) as hub:
        await hub.rooms.entries.disable(hub.rooms.entries.all("lamp")[0].entry_id, by="user")
    async with running_hub(home) as hub:
        entry = hub.rooms.entries.all("lamp")[0]
        assert (entry.disabled, entry.state) == (True, EntryState.NOT_LOADED)
        assert hub.rooms.platforms.live("light.lamp") is None


async def test_a_deployment_with_mistakes_is_refused_with_its_lines(tmp_path: Path) -> None:
    with pytest.raises(DeploymentError) as refused:
        async with running_hub(Deployment(tmp_path, "lamp: {nam: Hall}").drop_in("lamp", LAMP)):
            pass
    assert "did you mean" in refused.value.lines[0]


async def test_what_an_entity_cannot_do_is_said(tmp_path: Path) -> None:
    async with running_hub(Deployment(tmp_path, "lamp: {}").drop_in("lamp", LAMP)) as hub:
        live = hub.rooms.platforms.live("light.lamp")
        assert live is not None
        with pytest.raises(NotSupported):
            await live.run("turn_off", {}, Context())


async def test_two_hubs_live_in_one_process_and_know_nothing_of_each_other(tmp_path: Path) -> None:
    one = Deployment(tmp_path / "one", "lamp: {name: One}").drop_in("lamp", LAMP)
    two = Deployment(tmp_path / "two", "lamp: {name: Two}").drop_in("lamp", LAMP)
    async with running_hub(one) as first, running_hub(two) as second:
        assert first.rooms.states.ids("light") == [EntityId("light.one")]
        assert second.rooms.states.ids("light") == [EntityId("light.two")]
