"""The deployment as its files are now: checked at run time, taken up where it is good, left alone where it is not."""

from pathlib import Path

import pytest

from linli.errors import DeploymentError
from linli.hub import Hub
from linli.testing.hub import Deployment, running_hub

LAMP = """
import voluptuous as vol
from linli import Manifest, hookimpl
from linli import schema as sv

MANIFEST = Manifest(domain="lamp", layer="perception", single=False)
CONFIG = vol.Schema({vol.Required("name"): sv.string, vol.Optional("watts", default=5): sv.integer(min=1)})

@hookimpl
def linli_setup_entry(ctx, entry):
    ctx.log.warning("begins %s %s", entry.data["name"], entry.data["watts"])
    ctx.on_unload(lambda: ctx.log.warning("ends %s", entry.data["name"]))
    if entry.data["name"] == "Supple":
        async def change(changed):
            ctx.log.warning("changes to %s", changed.data["watts"])
            return changed.data["watts"] < 100
        ctx.on_settings(change)
"""
TWO = "linli: {trusted: [lamp]}\nlamp: [{name: Hall}, {name: Supple}]\n"


def home(tmp_path: Path) -> Deployment:
    return Deployment(tmp_path, TWO).drop_in("lamp", LAMP)


def say(deployment: Deployment, yaml: str) -> None:
    (deployment.folder / "linli.yaml").write_text(yaml, encoding="utf-8")


def notified(hub: Hub, notification_id: str) -> str | None:
    found = hub.rooms.notifications.get(notification_id)
    return None if found is None else hub.rooms.translator.text(found.message, "en")


async def test_only_what_changed_is_set_up_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    deployment = home(tmp_path)
    async with running_hub(deployment) as hub:
        caplog.clear()
        say(deployment, "linli: {trusted: [lamp]}\nlamp: [{name: Hall, watts: 9}, {name: Supple}, {name: Attic}]\n")
        renewed = await hub.rooms.renewal.take_up()
        assert sorted(caplog.messages) == ["begins Attic 5", "begins Hall 9", "ends Hall"]
        assert len(renewed.entries) == 2
        caplog.clear()
        say(deployment, "linli: {trusted: [lamp]}\nlamp: [{name: Supple}, {name: Attic}]\n")
        await hub.rooms.renewal.take_up({"lamp"})
        assert caplog.messages == ["ends Hall"]
        caplog.clear()
        await hub.rooms.renewal.take_up()
        assert caplog.messages == []


async def test_a_plugin_may_take_up_settings_in_place(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    deployment = home(tmp_path)
    async with running_hub(deployment) as hub:
        caplog.clear()
        say(deployment, TWO.replace("name: Supple", "name: Supple, watts: 7"))
        await hub.rooms.renewal.take_up()
        assert caplog.messages == ["changes to 7"]
        caplog.clear()
        say(deployment, TWO.replace("name: Supple", "name: Supple, watts: 700"))
        await hub.rooms.renewal.take_up()
        assert caplog.messages == ["changes to 700", "ends Supple", "begins Supple 700"]


async def test_a_mistake_anywhere_leaves_everything_as_it_is(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    deployment = home(tmp_path)
    async with running_hub(deployment) as hub:
        caplog.clear()
        say(deployment, "linli: {trusted: [lamp]}\nlamp: [{name: Hall, watts: 9}, {name: Supple, wats: 1}]\n")
        with pytest.raises(DeploymentError) as refused:
            await hub.rooms.renewal.take_up(language="en")
        (line,) = refused.value.lines
        assert line.startswith("linli.yaml:2:47: lamp[1].wats: ")
        assert str(refused.value) == line
        assert caplog.messages == []
        assert "lamp[1].wats" in (notified(hub, "check_report") or "")
        say(deployment, TWO)
        assert (await hub.rooms.renewal.check()).report.ok
        assert notified(hub, "check_report") is None


async def test_what_needs_a_start_is_named(tmp_path: Path) -> None:
    deployment = home(tmp_path)
    async with running_hub(deployment) as hub:
        say(deployment, "linli: {name: Other, trusted: [lamp]}\nlamp: {name: Hall}\nhelpers: {}\nhttp: {port: 1}\n")
        assert (await hub.rooms.renewal.take_up()).restart == ("linli", "helpers", "http")
        assert "linli, helpers, http" in (notified(hub, "restart_needed") or "")
        say(deployment, TWO)
        assert (await hub.rooms.renewal.take_up()).restart == ()
        assert notified(hub, "restart_needed") is None


async def test_what_was_given_on_the_command_line_still_holds(tmp_path: Path) -> None:
    from linli.config import load

    say(home(tmp_path), TWO)
    loaded = load(tmp_path / "deployment", set=("linli.name=Told",))
    assert loaded.again().core["name"] == "Told"
