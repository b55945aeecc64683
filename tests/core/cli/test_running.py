"""A hub from ``linli run`` to Ctrl+C, and the commands beside it."""

import asyncio
import json
import socket
import time
import urllib.error
import urllib.request
from contextlib import closing

import pytest

import databases
from linli.auth.model import COMMAND_ACTOR
from linli.cli.ready import address, open_set_up, tell_ready
from linli.cli.running import free_port, refuse_if_unsafe
from linli.clock import SimulatedClock
from linli.config import check, load
from linli.plugin.catalog import PluginCatalog
from linli.testing import Deployment, running_hub

STUCK_IN_SET_UP = '''
    """Stuck: never done setting up."""
    import asyncio
    import voluptuous as vol
    from linli import Manifest, hookimpl

    MANIFEST = Manifest(domain="stuck", layer="perception")
    CONFIG = vol.Schema({})

    @hookimpl
    async def linli_setup_entry(ctx, entry):
        ctx.log.warning("stuck from now on")
        await asyncio.Event().wait()
'''

STUCK_IN_UNLOADING = '''
    """Clingy: never done unloading."""
    import asyncio
    import voluptuous as vol
    from linli import Manifest, hookimpl

    MANIFEST = Manifest(domain="clingy", layer="perception")
    CONFIG = vol.Schema({})

    @hookimpl
    async def linli_setup_entry(ctx, entry):
        ctx.on_unload(hold_on)

    async def hold_on():
        await asyncio.Event().wait()
'''


def test_a_broken_section_is_left_out_and_commands_reach_the_running_hub(linli, process, deployment, data):
    home = deployment(databases.current.in_deployment("linli: {name: Flat}\npages: {}\ndemo: {colour: green}\n", data))
    hub = process("run", home / "linli.yaml", "--port", "0", "--data", data)
    assert hub.until("demo").startswith("linli.yaml:3:8: demo.colour: ")
    assert "demo" in hub.until("do not run")
    address = hub.until("Flat runs at").split(" at ")[1].split()[0]
    assert f"{address}/#setup=" in hub.until("#setup=")

    second = linli("run", home, "--data", data)
    assert (second.code, second.out) == (1, "")
    assert "--data" in second.complaints[-1]

    assert linli("user", "add", "robot", "--role", "admin", "--data", data).code == 0
    token = linli("token", "create", "--user", "robot", "--data", data).out.strip()
    request = urllib.request.Request(f"{address}/api/config", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        assert json.load(answer)["location_name"] == "Flat"
    assert linli("journal", "verify", "--data", data).code == 0

    token_id = linli("token", "list", "--user", "robot", "--data", data).out.split()[0]
    assert linli("token", "revoke", token_id, "--data", data).code == 0
    assert refused(request, within_s=1), "the running hub hears of it"

    hub.ctrl_c()
    hub.until("Stopped.")
    assert hub.ended() == 0
    assert linli("journal", "verify", "--data", data).code == 0


def refused(request: urllib.request.Request, *, within_s: float) -> bool:
    """Whether the hub answers 401 before the time is over."""
    over = time.monotonic() + within_s
    while time.monotonic() < over:
        try:
            urllib.request.urlopen(request, timeout=5).close()
        except urllib.error.HTTPError as error:
            error.close()
            return error.code == 401
        time.sleep(0.05)
    return False


async def test_the_set_up_link_waits_until_the_hub_itself_answers(tmp_path, capsys):
    """Another program at the port would be handed the secret by whoever opens the link."""
    clock = SimulatedClock()
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = other.getsockname()[1]
        home = Deployment(tmp_path, f"linli: {{name: Flat}}\npages: {{}}\nhttp: {{port: {port}}}\n")
        async with running_hub(home, clock=clock, encoded=False) as hub:
            tell_ready(hub, hub.rooms.checked, "0.1")
            runs, unreachable, again, *_ = capsys.readouterr().err.splitlines()
            assert runs.startswith("Flat runs (")
            assert unreachable == (
                f"Nobody can open http://127.0.0.1:{port}: another program listens at port {port} of 127.0.0.1 already."
            )
            assert "tried again" in again
            opening = asyncio.create_task(open_set_up(hub, hub.rooms.checked, tmp_path))
            await clock.forward(1)
            assert capsys.readouterr().err == ""
            other.close()
            await clock.forward(60)
            await opening
            assert f"http://127.0.0.1:{port}/#setup=" in capsys.readouterr().err


@pytest.mark.parametrize("yaml", ["http: {}\napi: {}", "home: {}"])
async def test_without_a_set_up_page_there_is_no_link_but_a_sentence(tmp_path, capsys, yaml):
    async with running_hub(Deployment(tmp_path, yaml)) as hub:
        await open_set_up(hub, hub.rooms.checked, tmp_path / "my data")
        said = capsys.readouterr().err
        assert "#setup=" not in said
        assert "pages: {}" in said
        assert f"linli user add NAME --role admin --owner --data '{tmp_path / 'my data'}'" in said
        assert "linli user owner" not in said, "nobody is there"


async def test_a_user_who_came_before_the_first_start_is_told_how_to_become_the_owner(tmp_path, capsys):
    async with running_hub(Deployment(tmp_path, "http: {}")) as hub:
        users = hub.rooms.auth.users
        user = await users.create("Anna", role="admin", actor=COMMAND_ACTOR)
        await open_set_up(hub, hub.rooms.checked, tmp_path)
        assert f"linli user owner NAME --data {tmp_path}" in capsys.readouterr().err
        await users.make_owner(user.id, actor=COMMAND_ACTOR)
        await open_set_up(hub, hub.rooms.checked, tmp_path)
        assert capsys.readouterr().err == "", "there is an owner"


def test_one_ctrl_c_stops_a_hub_that_still_starts(process, tmp_path, data):
    home = Deployment(tmp_path).drop_in("stuck", STUCK_IN_SET_UP)
    (home.folder / "linli.yaml").write_text("linli: {trusted: [stuck]}\nstuck: {}\n")
    hub = process("run", home.folder, "--data", data)
    hub.until("stuck from now on")
    hub.ctrl_c()
    hub.until("Stopped.")
    assert hub.ended() == 0


def test_a_second_ctrl_c_ends_it_at_once(process, tmp_path, data):
    home = Deployment(tmp_path).drop_in("clingy", STUCK_IN_UNLOADING)
    (home.folder / "linli.yaml").write_text("linli: {trusted: [clingy]}\nclingy: {}\n")
    hub = process("run", home.folder, "--data", data)
    hub.until("Ctrl+C")
    hub.ctrl_c()
    hub.until("Stopping")
    hub.ctrl_c()
    assert hub.ended(within=2) == 0, "its parent was asked to stop, too"


@pytest.mark.parametrize(
    ("yaml", "sentence"),
    [
        ("linli: {name: Flat}\ndemo: {safety: true, colour: green}\n", "the hub is not started: demo"),
        ("linli: {name: Flat}\n", "Nothing to run"),
        ("linli: {name: Flat, colour: green}\nhttp: {}\n", "linli.colour"),
        ("linli: [\n", "linli.yaml:"),
        ("http: {host: 0.0.0.0}\n", "nobody could open this hub"),
    ],
)
def test_what_must_not_run_does_not(linli, deployment, data, yaml, sentence):
    said = linli("run", deployment(yaml), "--data", data)
    assert (said.code, said.out) == (1, "")
    assert sentence in said.complaints[-1]
    assert not data.exists()


def test_a_host_that_others_reach_is_refused_with_how_to_mend_it(linli, deployment, data):
    said = linli("run", deployment("http: {}\n"), "--host", "0.0.0.0", "--data", data)
    assert (said.code, said.out) == (1, "")
    assert said.complaints[0].startswith("--set:1:11: http.host: other machines can reach 0.0.0.0, and without tls ")
    assert "insecure: true" in said.complaints[0]
    chinese = linli("run", deployment("http: {}\n"), "--host", "0.0.0.0", "--data", data, lang="zh_CN")
    assert "其他设备可以访问 0.0.0.0" in chinese.complaints[0]


def test_what_is_for_safety_runs_even_where_nobody_can_open_it(deployment, capsys):
    refuse_if_unsafe(check(load(deployment("http: {host: 0.0.0.0}\nhome: {safety: true}\n")), PluginCatalog()))
    assert capsys.readouterr().err == "These sections have mistakes, so their plugins do not run: http\n"


def test_the_safety_section_is_named_in_chinese_too(linli, deployment, data):
    said = linli("run", deployment("demo: {safety: true, colour: green}\n"), "--data", data, lang="zh_CN")
    assert said.code == 1
    assert said.complaints[-1] == "标为 safety 的部分有错误，中枢没有启动：demo"


def test_a_data_folder_that_cannot_be_made_is_a_sentence(linli, deployment, tmp_path):
    (tmp_path / "file").write_text("")
    said = linli("run", deployment("linli: {name: Flat}\nhttp: {}\n"), "--data", tmp_path / "file" / "data")
    assert (said.code, said.out) == (1, "")
    assert "cannot be made" in said.complaints[-1]


def test_a_free_port_can_be_listened_at():
    with closing(socket.create_server(("127.0.0.1", free_port()))):
        pass


@pytest.mark.parametrize(
    ("http", "expected"),
    [
        ("http: {port: 8200}", "http://127.0.0.1:8200"),
        ('http: {host: "::1"}', "http://[::1]:8123"),
        ("http: {host: [192.168.1.2, 127.0.0.1], insecure: true}", "http://192.168.1.2:8123"),
        ("http: {host: 0.0.0.0, insecure: true}", "http://127.0.0.1:8123"),
        ("home: {}", "–"),
    ],
)
def test_the_address_is_what_a_browser_here_opens(deployment, http, expected):
    result = check(load(deployment(f"linli: {{name: Flat}}\n{http}\n")), PluginCatalog())
    assert address(result) == expected
