"""SAFETY 24: a plugin that is neither shipped nor trusted reads no file of the hub and no memory of its process.

The plugin of these tests tries, at its import and when it is asked; what came of it is what its service answers.
"""

import os
import pwd
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from linli.clock import SimulatedClock
from linli.config import check, load
from linli.hub import Hub
from linli.ids import CORE, PluginDomain
from linli.plugin.catalog import PluginCatalog
from linli.process.confine import kernel
from linli.process.limits import may_become
from linli.testing import Deployment, running_hub

HOSTILE = '''
    """Hostile: tries what it must not."""
    import os
    import socket
    import voluptuous as vol
    from linli import Capabilities, Context, Manifest, SupportsResponse, UserId, hookimpl
    from linli import schema as sv

    MARK = {mark!r}
    DATA = {data!r}

    def tried(what):
        try:
            return repr(what())
        except Exception as error:
            return f"refused: {{type(error).__name__}}"

    def opened(path):
        with open(path, "rb") as file:
            return file.read(100)

    def touched(path):
        with open(path, "w") as file:
            return file.write("x")

    def attempts():
        hub = os.getppid()
        return {{
            "data folder": tried(lambda: os.listdir(DATA)),
            "database": tried(lambda: opened(DATA + "/safety.db")),
            "identity": tried(lambda: opened(DATA + "/instance.json")),
            "secrets": tried(lambda: opened(DATA + "/../deployment/secrets.yaml")),
            "memory": tried(lambda: opened(f"/proc/{{hub}}/mem")),
            "environment": tried(lambda: opened(f"/proc/{{hub}}/environ")),
            "command line": tried(lambda: opened(f"/proc/{{hub}}/cmdline")),
            "signal": tried(lambda: os.kill(hub, 0)),
            "another user": tried(lambda: os.setuid(1)),
            "network": tried(lambda: socket.socket()),
            "writing": tried(lambda: touched(MARK)),
            "handles": tried(lambda: [n for n in range(3, 64) if n != own() and stands(n)]),
            "secret": os.environ.get("LINLI_SECRET", "refused: it is not there"),
        }}

    def own():
        return -1

    def stands(number):
        try:
            return "/" in os.readlink(f"/proc/self/fd/{{number}}")
        except OSError:
            return False

    AT_IMPORT = attempts()
    MANIFEST = Manifest(domain="hostile", layer="perception")
    CONFIG = vol.Schema({{vol.Optional("size", default=3): vol.All(sv.integer(min=1), lambda value: small(value))}})

    def small(value):
        touched_by_a_validator = tried(lambda: touched(MARK))
        if value > 9:
            raise vol.Invalid("it is too large")
        return value

    async def wronged(ctx):
        context = Context(UserId("admin")).vouch()
        render = ctx.templates.render
        page = ctx.routes.add
        return {{
            "another's context": await awaited(lambda: ctx.services.call("hostile", "quiet", context=context)),
            "a template of its own": await awaited(lambda: render("{{{{ states('light.hall') }}}}")),
            "the hub's address": tried(lambda: page("GET", "/", None)),
            "another's command": tried(lambda: ctx.commands.add("auth/current_user_2", None)),
            "another's note": tried(lambda: ctx.notifications.dismiss("core_note")),
            "another's state": tried(lambda: ctx.states.set("light.hall", "off")),
            "states": tried(lambda: [state.entity_id for state in ctx.states.all()]),
        }}

    async def awaited(what):
        try:
            return repr(await what())
        except Exception as error:
            return f"refused: {{type(error).__name__}}"

    @hookimpl
    async def linli_setup_entry(ctx, entry):
        async def wrong(call):
            return await wronged(ctx)

        ctx.services.register("hostile", "quiet", lambda call: None)
        ctx.services.register("hostile", "wrong", wrong, response=SupportsResponse.ONLY)
        ctx.services.register(
            "hostile", "tell", lambda call: {{"then": AT_IMPORT, "now": attempts()}}, response=SupportsResponse.ONLY
        )
'''


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    monkeypatch.setenv("LINLI_SECRET", "hunter2")
    made = Deployment(tmp_path, "linli: {name: Home}\nhostile: {}")
    folder = made.folder / "plugins"
    folder.mkdir()
    source = textwrap.dedent(HOSTILE).format(mark=str(tmp_path / "mark"), data=str(made.data))
    (folder / "hostile.py").write_text(source)
    (made.folder / "secrets.yaml").write_text("door_code: 1234")
    return made


async def told(hub: Hub) -> dict[str, dict[str, str]]:
    answer: Any = await hub.rooms.services.call("hostile", "tell", return_response=True)
    return {when: dict(found) for when, found in answer.items()}


@pytest.mark.skipif(kernel().files is False, reason="this kernel has no Landlock; the check warns of that")
async def test_it_reads_nothing_of_the_hubs(home: Deployment, tmp_path: Path) -> None:
    async with running_hub(home, clock=SimulatedClock()) as hub:
        for found in (await told(hub)).values():
            kept = {name: answer for name, answer in found.items() if not answer.startswith(("refused", "[]"))}
            assert kept == {}
    assert not (tmp_path / "mark").exists()
    assert (home.data / "instance.json").exists()


async def test_the_hub_believes_nothing_that_it_says(home: Deployment) -> None:
    async with running_hub(home, clock=SimulatedClock()) as hub:
        rooms = hub.rooms
        rooms.states.set("light.hall", "on")  # type: ignore[arg-type]  # a plain name
        rooms.notifications.create(CORE, "stays", notification_id="core_note")
        answer: Any = await rooms.services.call("hostile", "wrong", return_response=True)
        assert {name for name, found in answer.items() if not found.startswith("refused")} == {
            "another's note", "another's state", "states",
        }  # fmt: skip
        assert answer["states"] == "[]"
        await rooms.clock.sleep(0)
        assert rooms.notifications.get("core_note") is not None
        hall = rooms.states.get("light.hall")
        assert hall is not None
        assert hall.state == "on"


async def test_no_line_of_it_runs_in_the_process_that_checks(home: Deployment, tmp_path: Path) -> None:
    checked = check(load(home.folder), PluginCatalog(home.folder / "plugins"))
    entry = checked.entries["hostile"]
    assert (entry.trusted, entry.apart, entry.manifest.layer) == (False, True, "perception")
    assert checked.report.ok
    assert not (tmp_path / "mark").exists()


async def test_its_own_schema_checks_its_section_in_a_process_of_its_own(home: Deployment) -> None:
    (home.folder / "linli.yaml").write_text("hostile: {size: 12}")
    report = check(load(home.folder), PluginCatalog(home.folder / "plugins")).report
    assert [problem.line() for problem in report.errors] == ["linli.yaml:1:17: hostile.size: it is too large"]
    (home.folder / "linli.yaml").write_text("hostile: {sice: 12}")
    report = check(load(home.folder), PluginCatalog(home.folder / "plugins")).report
    assert 'did you mean "size"' in "\n".join(report.lines())


def readable_by_all(path: Path) -> bool:
    return all(parent.stat().st_mode & 0o005 == 0o005 for parent in (path, *path.parents) if parent.is_dir())


@pytest.mark.skipif(os.getuid() != 0, reason="changing the user needs root")
@pytest.mark.skipif(not readable_by_all(Path(sys.base_prefix)), reason="another user may not read this Python")
async def test_it_runs_as_the_user_that_the_deployment_names(home: Deployment) -> None:
    for folder in list(home.folder.parents)[:3]:  # pytest's own folders
        os.chmod(folder, 0o755)
    (home.folder / "linli.yaml").write_text("linli: {children_user: nobody}\nhostile: {}")
    async with running_hub(home, clock=SimulatedClock()) as hub:
        pid = hub.rooms.children.pid("hostile")  # type: ignore[arg-type]  # a plain name
        assert os.stat(f"/proc/{pid}").st_uid != 0


USURPER = '''
    """Usurper: says who lives where, names hooks as another's, and offers a page."""
    import voluptuous as vol
    from linli import Answer, Capabilities, Manifest, hookimpl, hookspec

    MANIFEST = Manifest(
        domain="usurper", layer="management", after=("recorder", "pages"),
        capabilities=Capabilities(answers=({answers})),
    )
    CONFIG = vol.Schema({{}})

    @hookspec
    def recorder_may_purge(intent) -> Answer[bool]:
        """Declared before whose it is."""

    @hookimpl
    def auth_tenancy_of(place, reader):
        return {{"id": "", "since": 0.0}}

    @hookimpl
    def recorder_may_purge(intent):
        return True

    @hookimpl
    def pages_contribute():
        return []
'''


async def test_it_says_nothing_on_which_rights_hang(tmp_path: Path) -> None:
    made = Deployment(tmp_path, "linli: {name: Home}\nrecorder: {}\nusurper: {}")
    (made.folder / "plugins").mkdir()
    (made.folder / "plugins" / "usurper.py").write_text(textwrap.dedent(USURPER).format(answers=""))
    async with running_hub(made, clock=SimulatedClock()) as hub:
        infos = {info.name: info for info in hub.rooms.hook_table.list()}
        assert infos["auth_tenancy_of"].implementers == infos["recorder_may_purge"].implementers == ()
        assert infos["recorder_may_purge"].declared_by == "recorder"
        told = [charge.what for charge in hub.rooms.ledger.account(PluginDomain("usurper")).recent]
        assert sum("only a plugin that is trusted may" in what for what in told) == 2


def test_the_check_refuses_one_that_wants_to(tmp_path: Path) -> None:
    made = Deployment(tmp_path, "linli: {name: Home}\nrecorder: {}\nusurper: {}")
    (made.folder / "plugins").mkdir()
    source = textwrap.dedent(USURPER).format(answers='"auth_tenancy_of",')
    (made.folder / "plugins" / "usurper.py").write_text(source)
    checked = check(load(made.folder), PluginCatalog(made.folder / "plugins"))
    assert checked.broken == {"usurper"}
    assert "rights hang" in "".join(checked.report.lines())


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """One that everybody may read; those that pytest gives are the owner's alone."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.skipif(not may_become("nobody"), reason="only root may change users, and Python has to lie open to them")
async def test_it_is_in_no_group_but_that_users(open_folder: Path) -> None:
    made = Deployment(open_folder, "linli: {name: Home, children_user: nobody}\nwho: {}")
    (made.folder / "plugins").mkdir()
    (made.folder / "plugins" / "who.py").write_text(textwrap.dedent(WHO))
    async with running_hub(made, clock=SimulatedClock()) as hub:
        answer: Any = await hub.rooms.services.call("who", "am_i", return_response=True)
        nobody = pwd.getpwnam("nobody")
        assert answer == {"user": nobody.pw_uid, "group": nobody.pw_gid, "groups": []}


WHO = '''
    """Who: says as whom it runs."""
    import os
    from linli import Manifest, SupportsResponse, hookimpl

    MANIFEST = Manifest(domain="who", layer="perception")

    def answer(call):
        return {"user": os.getuid(), "group": os.getgid(), "groups": os.getgroups()}

    @hookimpl
    async def linli_setup_entry(ctx, entry):
        ctx.services.register("who", "am_i", answer, response=SupportsResponse.ONLY)
'''


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may change users")
async def test_a_user_who_cannot_read_it_is_warned_of_and_it_runs_as_the_hub_does(tmp_path: Path) -> None:
    made = Deployment(tmp_path, "linli: {name: Home, children_user: nobody}\nwho: {}")
    (made.folder / "plugins").mkdir(mode=0o700)
    (made.folder / "plugins" / "who.py").write_text(textwrap.dedent(WHO))
    warned = "".join(check(load(made.folder), PluginCatalog(made.folder / "plugins")).report.lines())
    assert "the rights of the user as whom the hub runs" in warned
    async with running_hub(made, clock=SimulatedClock()) as hub:
        answer: Any = await hub.rooms.services.call("who", "am_i", return_response=True)
        assert answer["user"] == os.geteuid()
