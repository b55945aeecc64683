"""The plugin in a whole hub: listening, TLS, openness, and what is told when it cannot listen."""

import asyncio
import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import aiohttp
import pytest
import voluptuous as vol

from linli.config import check, load
from linli.endpoints import Access, Route
from linli.hub import Hub
from linli.ids import PluginDomain
from linli.plugin.catalog import PluginCatalog
from linli_http import CONFIG
from linli_http.address import base_url
from linli_http.api import HttpApi
from linli_http.settings import Settings


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


@pytest.fixture
async def start_hub(tmp_path):
    running = []

    async def start(http: str) -> Hub:
        (tmp_path / "linli.yaml").write_text(f"linli: {{name: Test}}\nhttp: {http}\n")
        checked = check(load(tmp_path), PluginCatalog(None))
        assert not checked.report.errors, checked.report.lines("en")
        hub = await Hub.build(checked, tmp_path / "data")
        running.append(hub)
        await hub.start()
        hub.rooms.routes.add(Route("GET", "/x", lambda request: answer(), PluginDomain("made_up"), Access.PUBLIC))
        return hub

    yield start
    for hub in running:
        await hub.stop()


def answer():
    from linli import Response

    return Response.text("served")


def entry_of(hub: Hub):
    return next(entry for entry in hub.rooms.entries.all() if entry.domain == "http")


async def test_a_hub_serves_and_frees_its_port_when_it_stops(start_hub):
    port = free_port()
    hub = await start_hub(f"{{port: {port}}}")
    async with aiohttp.ClientSession() as client:
        async with client.get(f"http://127.0.0.1:{port}/x") as got:
            assert await got.text() == "served"
        assert await hub.rooms.apis.proxy(HttpApi).base_url() == f"http://127.0.0.1:{port}"
        assert b"linli_http_requests_total 1" in hub.rooms.metrics.expose()
        await hub.stop()
        with pytest.raises(aiohttp.ClientConnectorError):
            await client.get(f"http://127.0.0.1:{port}/x")


async def test_a_port_in_use_is_said_and_tried_again(start_hub):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        hub = await start_hub(f"{{port: {port}}}")
        entry = entry_of(hub)
        assert entry.state.value == "setup_retry"
        assert f"port {port}" in str(entry.reason)
        said = hub.rooms.translator.say(PluginDomain("http"), entry.reason_key, entry.reason_parameters, "zh-Hans")
        assert said == f"127.0.0.1 的端口 {port} 已被其他程序占用。"


def test_other_machines_are_not_served_in_clear_which_the_check_says_where_it_stands(tmp_path):
    (tmp_path / "linli.yaml").write_text("linli: {name: Test}\nhttp: {port: 8124, host: 0.0.0.0}\n")
    report = check(load(tmp_path), PluginCatalog(None)).report
    assert [str(problem.position) for problem in report.errors] == ["linli.yaml:2:26"]
    assert "insecure: true" in report.lines("en")[0]


async def test_serving_other_machines_in_clear_is_shown_for_as_long_as_it_lasts(start_hub):
    hub = await start_hub(f"{{host: 0.0.0.0, port: {free_port()}, insecure: true}}")
    assert [issue.issue_id for issue in hub.rooms.issues.all()] == ["open_without_tls"]


PROXY = {"use_x_forwarded_for": True, "trusted_proxies": ["10.0.0.1"]}


@pytest.mark.parametrize(
    ("section", "allowed"),
    [
        ({}, True),
        ({"host": "::1"}, True),
        ({"host": "localhost"}, True),
        ({"host": "192.168.1.5"}, False),
        ({"host": ["127.0.0.1", "::"]}, False),
        ({"host": "0.0.0.0", "tls": {"certificate": "a", "key": "b"}}, True),
        ({"host": "0.0.0.0", "insecure": True}, True),
        ({"host": "0.0.0.0", **PROXY}, True),
        ({"host": "0.0.0.0", "trusted_proxies": ["10.0.0.1"]}, False),
    ],
    ids=lambda value: str(value),
)
def test_beyond_this_machine_is_tls_or_a_proxy_or_said_on_purpose(section, allowed):
    if allowed:
        assert Settings.of(CONFIG(section))
    else:
        with pytest.raises(vol.Invalid, match="without tls"):
            CONFIG(section)


@pytest.mark.parametrize(
    ("section", "url"),
    [
        ({}, "http://127.0.0.1:8123"),
        ({"host": "0.0.0.0", "insecure": True}, "http://localhost:8123"),
        ({"host": "::1"}, "http://[::1]:8123"),
        ({"names": ["hub.example.org"], "tls": {"certificate": "a", "key": "b"}}, "https://hub.example.org"),
    ],
)
def test_the_address_that_people_open(section, url):
    settings = Settings.of(CONFIG(section))
    assert base_url(settings, 443 if settings.tls else 8123) == url


def make_certificate(folder: Path, name: str) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is missing: no certificate can be made to test TLS with")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "hub.key", "-out",
         folder / "hub.pem"],
        check=True, capture_output=True,
    )  # fmt: skip


async def shown_certificate(port: int) -> bytes:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    await writer.wait_closed()
    return shown


async def test_with_a_certificate_the_hub_speaks_tls_and_takes_up_a_renewed_one(start_hub, tmp_path):
    from linli_http.tls import Certificate

    make_certificate(tmp_path, "first")
    certificate = Certificate(
        Settings.of(CONFIG({"tls": {"certificate": str(tmp_path / "hub.pem"), "key": str(tmp_path / "hub.key")}})).tls
    )
    assert certificate.renew() is False
    port = free_port()
    await start_hub(f"{{port: {port}, tls: {{certificate: hub.pem, key: hub.key}}}}")
    first = await shown_certificate(port)
    async with aiohttp.ClientSession() as client:
        async with client.get(f"https://127.0.0.1:{port}/x", ssl=False) as got:
            assert await got.text() == "served"
    make_certificate(tmp_path, "second")
    assert certificate.renew() is True
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0, ssl=certificate.context)
    assert await shown_certificate(server.sockets[0].getsockname()[1]) != first
    server.close()


async def test_a_broken_certificate_is_said(start_hub, tmp_path):
    (tmp_path / "hub.pem").write_text("nothing")
    (tmp_path / "hub.key").write_text("nothing")
    hub = await start_hub(f"{{port: {free_port()}, tls: {{certificate: hub.pem, key: hub.key}}}}")
    assert "certificate cannot be used" in str(entry_of(hub).reason)


async def test_the_section_says_how_many_failures_shut_an_address_out(start_hub):
    hub = await start_hub(
        f"{{port: {free_port()}, login_attempts_threshold: 2, trusted_proxies: [203.0.113.1], "
        "names: [hub.example.org]}"
    )
    gate, far = hub.rooms.auth.gate, "198.51.100.7"
    for address in (far, "203.0.113.1"):
        for _ in range(2):
            gate.begin(address)
            await gate.failed(address)
    assert [ban.network for ban in gate.bans()] == [far]
    assert hub.rooms.auth.first_owner.served_as == {"hub.example.org"}


async def test_without_bans_nobody_is_shut_out(start_hub):
    hub = await start_hub(f"{{port: {free_port()}, ip_ban_enabled: false, login_attempts_threshold: 1}}")
    hub.rooms.auth.gate.begin("198.51.100.7")
    await hub.rooms.auth.gate.failed("198.51.100.7")
    assert hub.rooms.auth.gate.bans() == []


@pytest.mark.parametrize(("host", "status"), [("hub.example.org", 200), ("other.example.org", 403)])
async def test_the_set_up_page_may_be_opened_under_the_names_of_the_section(tmp_path, host, status):
    port = free_port()
    (tmp_path / "linli.yaml").write_text(
        f"linli: {{name: Test}}\nhttp: {{port: {port}, names: [hub.example.org]}}\napi: {{}}\npages: {{}}\n"
    )
    hub = await Hub.build(check(load(tmp_path), PluginCatalog(None)), tmp_path / "data")
    await hub.start()
    secret = await hub.rooms.auth.first_owner.begin()
    async with aiohttp.ClientSession() as client:
        url = f"http://127.0.0.1:{port}/api/linli/onboarding/check"
        async with client.post(url, json={"secret": secret}, headers={"Host": host}) as got:
            assert got.status == status
    await hub.stop()
