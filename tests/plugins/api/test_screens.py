"""What screens keep and load: user data, dashboards, notifications, words, entries; each for its own reader."""

import pytest

from .conftest import FLAT, Client, House


async def test_what_a_user_keeps_is_its_own_and_reaches_its_other_screens(house: House, admin: Client) -> None:
    _, token = await house.user("li", "resident", FLAT)
    phone, tablet = await house.connect(token), await house.connect(token)
    await tablet.result("frontend/subscribe_user_data", key="theme")
    assert await tablet.event() == {"value": None}
    await phone.result("frontend/set_user_data", key="theme", value={"dark": True})
    assert await tablet.event() == {"value": {"dark": True}}
    await phone.result("frontend/set_user_data", key="other", value=1)
    await tablet.quiet()
    assert await phone.result("frontend/get_user_data") == {"value": {"theme": {"dark": True}, "other": 1}}
    assert await admin.result("frontend/get_user_data", key="theme") == {"value": None}


async def test_what_a_user_keeps_is_bounded_and_goes_with_the_user(house: House, admin: Client) -> None:
    user, token = await house.user("li", "resident", FLAT)
    client = await house.connect(token)
    assert await client.code("frontend/set_user_data", key="a", value="x" * (1 << 20)) == "invalid_format"
    await client.result("frontend/set_user_data", key="a", value=1)
    documents = house.hub.rooms.storage.documents
    assert user.id in await documents.load("api.user_data")
    await admin.result("config/auth/delete", user_id=user.id)
    await admin.result("frontend/set_user_data", key="settled", value=1)  # a later turn of the same documents
    assert user.id not in await documents.load("api.user_data")


async def test_a_dashboard_lives(admin: Client, resident: Client) -> None:
    await admin.result("subscribe_events", event_type="lovelace_updated")
    made = await admin.result(
        "lovelace/dashboards/create", url_path="for-staff", title="Staff", require_admin=True, mode="storage"
    )
    assert made["id"] == "for_staff"
    assert await admin.code("lovelace/dashboards/create", url_path="for-staff", title="x") == "invalid_format"
    await admin.result("lovelace/config/save", url_path="for-staff", config={"views": [1]})
    assert (await admin.event())["data"] == {"url_path": "for-staff", "require_admin": True}
    assert await admin.result("lovelace/config", url_path="for-staff") == {"views": [1]}
    # who is no administrator does not learn of it
    assert await resident.result("lovelace/dashboards/list") == []
    assert "for-staff" not in await resident.result("get_panels")
    assert await resident.code("lovelace/config", url_path="for-staff") == "config_not_found"
    await admin.result("lovelace/dashboards/delete", dashboard_id="for_staff")
    assert await admin.code("lovelace/config", url_path="for-staff") == "config_not_found"


async def test_dashboards_are_there_after_a_restart(house: House, admin: Client) -> None:
    await admin.result("lovelace/config/save", config={"views": ["kept"]})
    stored = await house.hub.rooms.storage.documents.load("api.dashboard_contents")
    assert stored["lovelace"].value == {"config": {"views": ["kept"]}}


async def test_a_residents_notification_is_shown_to_nobody_else(admin: Client, resident: Client) -> None:
    for client in (admin, resident):
        await client.result("persistent_notification/subscribe")
        assert await client.event() == {"type": "current", "notifications": {}}
    await resident.result(
        "call_service", domain="persistent_notification", service="create",
        service_data={"message": "mine", "notification_id": "n"},
    )  # fmt: skip
    assert (await resident.event())["notifications"]["n"]["message"] == "mine"
    await admin.quiet()
    await admin.result(
        "call_service", domain="persistent_notification", service="create",
        service_data={"message": "the boiler", "notification_id": "boiler"},
    )  # fmt: skip
    assert (await admin.event())["type"] == "added"
    await resident.result("call_service", domain="persistent_notification", service="dismiss_all")
    assert (await resident.event())["type"] == "removed"
    assert [each["notification_id"] for each in await admin.result("persistent_notification/get")] == ["boiler"]


async def test_nobody_overwrites_the_notification_of_another(admin: Client, resident: Client) -> None:
    call = {"domain": "persistent_notification", "service": "create"}
    await admin.result("call_service", **call, service_data={"message": "real", "notification_id": "alarm"})
    await resident.result("call_service", **call, service_data={"message": "false", "notification_id": "alarm"})
    shown = await admin.result("persistent_notification/get")
    assert [(each["notification_id"], each["message"]) for each in shown] == [("alarm", "real")]


async def test_the_entry_through_which_the_answer_comes_stays_on(admin: Client, house: House) -> None:
    entries = {entry["domain"]: entry for entry in await admin.result("config_entries/get")}
    for domain in ("api", "http"):
        entry_id = entries[domain]["entry_id"]
        assert (
            await admin.code("config_entries/disable", entry_id=entry_id, disabled_by="user") == "home_assistant_error"
        )
        assert entries[domain]["supports_unload"] is False


async def test_an_entry_is_switched_off_and_told(admin: Client) -> None:
    await admin.result("config_entries/subscribe")
    entries = {each["entry"]["domain"]: each["entry"] for each in await admin.event()}
    entry_id = entries["helpers"]["entry_id"]
    await admin.result("config_entries/disable", entry_id=entry_id, disabled_by="user")
    single = (await admin.result("config_entries/get_single", entry_id=entry_id))["config_entry"]
    assert (single["state"], single["disabled_by"]) == ("not_loaded", "user")
    assert {change["type"] for event in admin.events for change in event} == {"updated"}
    assert await admin.result("get_states") == []


async def test_entries_never_tell_their_settings(admin: Client) -> None:
    for entry in await admin.result("config_entries/get"):
        assert not {"data", "options", "unique_id"} & entry.keys()


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
async def test_words_are_served_by_category(resident: Client, language: str) -> None:
    found = (await resident.result("frontend/get_translations", language=language, category="services"))["resources"]
    assert all(key.startswith("component.") and ".services." in key for key in found)


async def test_a_password_that_is_refused_leaves_no_name_behind(admin: Client, house: House) -> None:
    user = (await admin.result("config/auth/create", name="Li", group_ids=["system-users"]))["user"]
    create = "config/auth_provider/homeassistant/create"
    assert await admin.code(create, user_id=user["id"], username="li", password="short") == "invalid_format"
    assert house.hub.rooms.auth.users.by_username("li") is None
    await admin.result(create, user_id=user["id"], username="li", password="long enough to pass")
    assert [each["username"] for each in await admin.result("config/auth/list") if each["name"] == "Li"] == ["li"]


async def test_what_dashboards_load_is_kept_and_edited(admin: Client, resident: Client) -> None:
    made = await admin.result("lovelace/resources/create", res_type="module", url="/local/a.js")
    assert await resident.result("lovelace/resources") == [made]
    assert await resident.code("lovelace/resources/delete", resource_id=made["id"]) == "unauthorized"
    changed = await admin.result("lovelace/resources/update", resource_id=made["id"], url="/local/b.js")
    assert changed == {**made, "url": "/local/b.js"}
    await admin.result("lovelace/resources/delete", resource_id=made["id"])
    assert await admin.code("lovelace/resources/delete", resource_id=made["id"]) == "not_found"
    assert await admin.result("lovelace/resources") == []
