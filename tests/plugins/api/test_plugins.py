"""Plugins as administrators see and turn them over the network; others do neither."""

import voluptuous as vol

from linli.endpoints import Access, MessageCommand, Route
from linli.ids import PluginDomain
from linli.plugin.announcing import PLUGINS_UPDATED
from linli.services import Service, ServiceAccess, SupportsResponse

from .conftest import Client, House


async def of(admin: Client, domain: str) -> dict[str, object]:
    return next(plugin for plugin in await admin.result("linli/plugins/list") if plugin["domain"] == domain)


async def test_an_administrator_switches_a_plugin_off_and_on_and_looks_on(house: House, admin: Client) -> None:
    await admin.result("subscribe_events", event_type=PLUGINS_UPDATED)
    await admin.result("linli/plugins/disable", domain="helpers")
    plugin = await of(admin, "helpers")
    assert plugin["state"] == "disabled"
    assert plugin["reason"] == "An administrator switched the plugin helpers off."
    assert plugin["since"] is not None
    assert plugin["entries"] == [{"title": "helpers", "state": "not_loaded", "reason": None}]
    assert (await admin.event())["data"] == {"domains": ["helpers"]}
    await admin.result("linli/plugins/release", domain="helpers")
    assert (await of(admin, "helpers"))["state"] == "running"
    rows = [row for row in await house.hub.rooms.storage.journal.rows() if row.action == "plugin.disabled.done"]
    assert [row.actor.kind for row in rows] == ["user"]


async def test_whatever_a_plugin_is_charged_with_is_told_to_who_looks_on(house: House, admin: Client) -> None:
    await admin.result("subscribe_events", event_type=PLUGINS_UPDATED)
    house.hub.rooms.ledger.note(PluginDomain("helpers"), "held", "plugin.py:1 in go", "held the loop for 300 ms")
    assert (await admin.event())["data"] == {"domains": ["helpers"]}


async def test_what_answers_the_network_cannot_be_switched_off(house: House, admin: Client) -> None:
    assert (await of(admin, "api"))["exempt"] == "serving"
    assert await admin.code("linli/plugins/disable", domain="api") == "service_validation_error"
    assert await admin.code("linli/plugins/disable", domain="nobody") == "not_found"


async def test_the_same_over_http_in_the_readers_language(house: House) -> None:
    _, token = await house.user("owner", "admin")
    status, plugin = await house.rest("POST", "/api/linli/plugins/helpers/disable", token)
    assert (status, plugin["state"]) == (200, "disabled")
    status, plugin = await house.rest("POST", "/api/linli/plugins/helpers/release", token)
    assert (status, plugin["state"]) == (200, "running")
    assert (await house.rest("POST", "/api/linli/plugins/nobody/release", token))[0] == 404
    status, told = await house.rest("POST", "/api/linli/plugins/http/disable", token)
    assert status == 400
    assert told["message"].startswith("This page itself needs http")


async def test_nobody_else_turns_or_sees_plugins(house: House, resident: Client) -> None:
    _, token = await house.user("wang", "resident")
    for turn in ("release", "disable"):
        assert (await house.rest("POST", f"/api/linli/plugins/helpers/{turn}", token))[0] == 401
        assert await resident.code(f"linli/plugins/{turn}", domain="helpers") == "unauthorized"
    assert await resident.code("linli/plugins/list") == "unauthorized"
    assert await resident.code("subscribe_events", event_type=PLUGINS_UPDATED) == "unauthorized"


async def test_one_user_puts_no_plugin_out_by_whatever_way_they_make_it_fail(house: House) -> None:
    rooms, owner = house.hub.rooms, PluginDomain("helpers")

    def fall(*_: object) -> None:
        raise RuntimeError("ouch")

    rooms.services.register(
        Service("made_up", "fall", owner, fall, None, SupportsResponse.NONE, ServiceAccess.ANYONE, None, None)
    )
    rooms.routes.add(Route("GET", "/api/made_up", fall, owner))
    rooms.routes.add(Route("GET", "/made_up", fall, owner, Access.PUBLIC))
    rooms.commands.add(MessageCommand("made_up", fall, owner, vol.Schema({"id": int, "type": str})))
    rooms.bus.listen("made_up", fall, owner)
    _, token = await house.user("owner", "admin")
    admin = await house.connect(token)
    for _ in range(3):
        assert (await house.rest("GET", "/api/made_up", token))[0] == 500
        assert (await house.rest("POST", "/api/services/made_up/fall", token))[0] == 500
        assert (await house.rest("GET", "/made_up"))[0] == 500
        assert await admin.code("made_up") == "unknown_error"
        await admin.result("fire_event", event_type="made_up")
    assert rooms.ledger.account(owner).counts["error"] == 15
    assert (await of(admin, "helpers"))["state"] == "running"
