"""Persistent notifications: for whom, in which language, replaced, dismissed, bounded."""

import pytest

from linli.clock import SimulatedClock
from linli.errors import InvalidRequest
from linli.ids import PluginDomain, UserId
from linli.ledger import Ledger
from linli.messages import Message
from linli.notifications import KEPT_PER_MAKER, KEPT_PER_PLUGIN, MAX_TEXT, Changed, Notifications
from linli.translations import Translator

LIFT = PluginDomain("lift")
ANNA, BO = UserId("anna"), UserId("bo")


@pytest.fixture
def notifications(clock: SimulatedClock, ledger: Ledger) -> Notifications:
    return Notifications(clock, ledger)


@pytest.fixture
def told(notifications: Notifications) -> list[tuple[str, list[str]]]:
    heard: list[tuple[str, list[str]]] = []

    def hear(changed: Changed) -> None:
        heard.append((changed[0].value, list(changed[1])))

    notifications.watch(hear)
    return heard


def test_a_notification_is_shown_in_home_assistants_shape_and_the_readers_language(
    notifications: Notifications, clock: SimulatedClock
) -> None:
    core = PluginDomain("core")
    message = Message("plugin_failed.title", {"plugin": "lift"})
    notifications.create(core, message, title="As written", notification_id="x")
    (shown,) = notifications.all()
    assert shown.as_dict(Translator(), "zh") == {
        "created_at": clock.now(),
        "message": "插件 lift 没有运行",
        "notification_id": "x",
        "title": "As written",
    }
    assert shown.as_dict(Translator(), "en")["message"] == "lift does not run"


def test_the_same_id_replaces_and_is_told_as_added(
    notifications: Notifications, told: list[tuple[str, list[str]]]
) -> None:
    notifications.create(LIFT, "one", notification_id="x")
    notifications.create(LIFT, "two", notification_id="x")
    notifications.dismiss("x")
    notifications.dismiss("x")
    assert told == [("added", ["x"]), ("added", ["x"]), ("removed", ["x"])]


def test_ids_are_made_where_none_is_given(notifications: Notifications) -> None:
    first, second = notifications.create(LIFT, "one"), notifications.create(LIFT, "two")
    assert first != second
    assert [each.notification_id for each in notifications.all()] == [first, second]


def test_each_is_shown_to_its_audience_alone(notifications: Notifications) -> None:
    notifications.create(LIFT, "a", notification_id="admins")
    notifications.create(LIFT, "e", notification_id="everyone", audience="everyone")
    notifications.create(LIFT, "n", notification_id="anna", audience=ANNA)

    def shown(user: UserId, *, admin: bool) -> list[str]:
        return [each.notification_id for each in notifications.all(user, admin=admin)]

    assert shown(BO, admin=True) == ["admins", "everyone"]
    assert shown(BO, admin=False) == ["everyone"]
    assert shown(ANNA, admin=False) == ["everyone", "anna"]


def test_one_that_turns_to_other_people_leaves_the_screen_of_the_first(
    notifications: Notifications, told: list[tuple[str, list[str]]]
) -> None:
    notifications.create(LIFT, "for all", notification_id="x", audience="everyone")
    notifications.create(LIFT, "for Anna", notification_id="x", audience=ANNA)
    assert told == [("added", ["x"]), ("removed", ["x"]), ("added", ["x"])]


def test_dismissing_all_takes_only_what_one_is_shown(
    notifications: Notifications, told: list[tuple[str, list[str]]]
) -> None:
    notifications.create(LIFT, "a", notification_id="admins")
    notifications.create(LIFT, "n", notification_id="anna", audience=ANNA)
    notifications.dismiss_all(BO, admin=True)
    assert told[-1] == ("removed", ["admins"])
    assert notifications.get("anna") is not None


def test_room_runs_out_for_one_plugin_alone_and_never_for_what_is_critical(
    notifications: Notifications, ledger: Ledger
) -> None:
    notifications.create(LIFT, "fire", notification_id="fire", critical=True)
    notifications.create(PluginDomain("other"), "mine", notification_id="mine")
    for number in range(KEPT_PER_PLUGIN + 2):
        notifications.create(LIFT, "n", notification_id=f"n{number}")
    mine = [each.notification_id for each in notifications.all() if each.owner == LIFT]
    assert len(mine) == KEPT_PER_PLUGIN
    assert mine[:2] == ["fire", "n3"]
    assert notifications.get("mine") is not None
    assert ledger.account(LIFT).counts == {"dropped": 3}


def test_text_without_end_is_refused(notifications: Notifications) -> None:
    with pytest.raises(InvalidRequest, match="title"):
        notifications.create(LIFT, "x", title="t" * (MAX_TEXT + 1))
    assert notifications.all() == []


def test_a_watcher_that_raises_stops_nobody_and_is_charged(notifications: Notifications, ledger: Ledger) -> None:
    heard: list[Changed] = []

    def broken(_: Changed) -> None:
        raise ValueError("mine")

    notifications.watch(broken, LIFT)
    unwatch = notifications.watch(heard.append)
    notifications.create(LIFT, "one")
    unwatch()
    notifications.create(LIFT, "two")
    assert len(heard) == 1
    assert ledger.account(LIFT).counts == {"error": 2}


def test_what_users_made_is_theirs_by_id_and_by_room(
    notifications: Notifications, told: list[tuple[str, list[str]]]
) -> None:
    for maker in (ANNA, BO, None):
        notifications.create(LIFT, str(maker), notification_id="x", audience=maker or "admins", maker=maker)
    assert told == [("added", ["x"])] * 3
    notifications.dismiss("x", ANNA)
    assert [notifications.get("x", maker) is None for maker in (ANNA, BO, None)] == [True, False, False]
    for number in range(KEPT_PER_MAKER + 1):
        notifications.create(LIFT, "n", notification_id=f"n{number}", audience=ANNA, maker=ANNA)
    assert notifications.get("n0", ANNA) is None
    assert notifications.get("x", BO) is not None
