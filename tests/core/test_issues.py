"""Repair issues: raised, replaced, cleared, ignored; what a person chose survives a restart."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from linli.bus import Event, EventBus
from linli.clock import SimulatedClock
from linli.errors import NotFound
from linli.ids import PluginDomain
from linli.issues import ISSUES_UPDATED, KEPT_PER_PLUGIN, RETRY_AFTER_S, WRITE_AFTER_S, Issues, Severity
from linli.ledger import Ledger
from linli.messages import Message
from linli.storage.document import Document
from linli.storage.errors import DatabaseFull

LIFT = PluginDomain("lift")
BATTERY = Message("low_battery", {"percent": 5})


class Disk:
    """Documents as the storage room keeps them, with a disk that can be full."""

    def __init__(self) -> None:
        self.rows: dict[str, Document] = {}
        self.full = False
        self.broken: Exception | None = None
        self.writes = 0
        self.meanwhile: Callable[[], object] = lambda: None
        """What happens while a document is written, once."""

    async def load(self, kind: str) -> Mapping[str, Document]:
        return dict(self.rows)

    async def put(self, kind: str, key: str, value: dict[str, Any]) -> Document:
        self._check()
        self._pass_time()
        self.rows[key] = Document(kind, key, 1, value)
        return self.rows[key]

    async def delete(self, kind: str, key: str) -> None:
        self._check()
        self._pass_time()
        self.rows.pop(key, None)

    def _pass_time(self) -> None:
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()

    def _check(self) -> None:
        if self.full:
            raise DatabaseFull("no space left")
        if self.broken is not None:
            raise self.broken
        self.writes += 1


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def issues(clock: SimulatedClock, bus: EventBus, ledger: Ledger, disk: Disk) -> Issues:
    return Issues(clock, bus, ledger, disk, "1.0")


@pytest.fixture
def told(bus: EventBus) -> list[tuple[str, str]]:
    heard: list[tuple[str, str]] = []

    def hear(event: Event[Any]) -> None:
        heard.append((event.data["action"], event.data["issue_id"]))

    bus.listen(ISSUES_UPDATED, hear)
    return heard


async def restarted(clock: SimulatedClock, bus: EventBus, ledger: Ledger, disk: Disk, version: str = "1.1") -> Issues:
    after = Issues(clock, bus, ledger, disk, version)
    await after.load()
    return after


async def test_an_issue_is_told_when_it_comes_changes_and_goes_and_not_when_nothing_differs(
    issues: Issues, clock: SimulatedClock, told: list[tuple[str, str]]
) -> None:
    first = issues.raise_issue(LIFT, "battery", severity=Severity.WARNING, message=BATTERY)
    await clock.forward(hours=1)
    issues.raise_issue(LIFT, "battery", severity=Severity.WARNING, message=BATTERY)
    worse = issues.raise_issue(LIFT, "battery", severity=Severity.ERROR, message=BATTERY)
    issues.clear(LIFT, "battery")
    issues.clear(LIFT, "battery")
    assert told == [("create", "battery"), ("update", "battery"), ("remove", "battery")]
    assert worse.created == first.created
    assert issues.all() == []


async def test_an_issue_has_home_assistants_shape(issues: Issues, clock: SimulatedClock) -> None:
    issue = issues.raise_issue(
        LIFT, "battery", severity=Severity.CRITICAL, message=BATTERY, fixable=True, learn_more="https://example.org"
    )
    assert issue.as_dict() == {
        "breaks_in_ha_version": None,
        "created": clock.now(),
        "dismissed_version": None,
        "domain": "lift",
        "ignored": False,
        "is_fixable": True,
        "issue_domain": None,
        "issue_id": "battery",
        "learn_more_url": "https://example.org",
        "severity": "critical",
        "translation_key": "low_battery",
        "translation_placeholders": {"percent": "5"},
    }
    assert issue.title == Message("issues.low_battery.title", {"percent": 5}, LIFT)


async def test_a_persistent_issue_survives_a_restart_whole(
    issues: Issues, clock: SimulatedClock, bus: EventBus, ledger: Ledger, disk: Disk
) -> None:
    issue = issues.raise_issue(
        LIFT, "battery", severity=Severity.ERROR, message=Message("late", {"by": timedelta(hours=2)}), persistent=True,
        data={"floors": (1, 2)},
    )  # fmt: skip
    issues.raise_issue(LIFT, "passing", severity=Severity.ERROR, message=BATTERY)
    await clock.forward(WRITE_AFTER_S)
    after = await restarted(clock, bus, ledger, disk)
    assert after.all() == [issue]


async def test_ignoring_has_committed_when_it_returns(issues: Issues, disk: Disk) -> None:
    issues.raise_issue(LIFT, "battery", severity=Severity.ERROR, message=BATTERY)
    await issues.ignore("lift", "battery")
    assert disk.rows["lift.battery"].value["dismissed_version"] == "1.0"
    assert issues.all()[0].ignored


async def test_an_ignored_issue_stays_ignored_when_its_plugin_raises_it_again_after_a_restart(
    issues: Issues, clock: SimulatedClock, bus: EventBus, ledger: Ledger, disk: Disk
) -> None:
    issues.raise_issue(LIFT, "battery", severity=Severity.ERROR, message=BATTERY)
    await issues.ignore("lift", "battery")
    after = await restarted(clock, bus, ledger, disk)
    assert after.all() == []
    assert after.raise_issue(LIFT, "battery", severity=Severity.ERROR, message=BATTERY).dismissed_version == "1.0"
    await after.ignore("lift", "battery", ignored=False)
    assert not after.all()[0].ignored
    assert disk.rows == {}


async def test_what_was_mended_loses_its_mark(
    issues: Issues, clock: SimulatedClock, bus: EventBus, ledger: Ledger, disk: Disk
) -> None:
    issues.raise_issue(LIFT, "battery", severity=Severity.ERROR, message=BATTERY)
    await issues.ignore("lift", "battery")
    issues.clear(LIFT, "battery")
    await issues.close()
    assert disk.rows == {}
    assert not issues.raise_issue(LIFT, "battery", severity=Severity.ERROR, message=BATTERY).ignored


async def test_ignoring_what_is_not_there_is_an_error_and_writes_nothing(issues: Issues, disk: Disk) -> None:
    with pytest.raises(NotFound):
        await issues.ignore("lift", "nothing")
    assert disk.writes == 0


async def test_a_mark_that_the_disk_refused_has_never_been_set(
    issues: Issues, clock: SimulatedClock, disk: Disk, told: list[tuple[str, str]]
) -> None:
    issues.raise_issue(LIFT, "battery", severity=Severity.ERROR, message=BATTERY)
    disk.full = True
    with pytest.raises(DatabaseFull):
        await issues.ignore("lift", "battery")
    disk.full = False
    await clock.forward(RETRY_AFTER_S)
    assert not issues.all()[0].ignored
    assert (told, disk.rows) == ([("create", "battery")], {})
    await issues.ignore("lift", "battery")
    assert disk.rows["lift.battery"].value["dismissed_version"] == "1.0"


async def test_a_full_disk_is_nobodys_fault_and_what_plugins_raised_is_written_when_there_is_room(
    issues: Issues, clock: SimulatedClock, ledger: Ledger, disk: Disk, caplog: pytest.LogCaptureFixture
) -> None:
    disk.full = True
    issues.raise_issue(LIFT, "battery", severity=Severity.ERROR, message=BATTERY, persistent=True)
    await clock.forward(WRITE_AFTER_S + 3 * RETRY_AFTER_S)
    assert ledger.account(PluginDomain("core")).counts == {}
    (said,) = [record for record in caplog.records if record.name == "linli.issues"]
    assert said.exc_info is None
    disk.full = False
    await clock.forward(RETRY_AFTER_S)
    assert list(disk.rows) == ["lift.battery"]


@pytest.mark.parametrize("persistent", [True, False])
async def test_the_mark_of_an_issue_that_its_plugin_changes_meanwhile_stays(
    issues: Issues, clock: SimulatedClock, disk: Disk, persistent: bool
) -> None:
    def again(percent: int) -> None:
        message = Message("low_battery", {"percent": percent})
        issues.raise_issue(LIFT, "battery", severity=Severity.ERROR, message=message, persistent=persistent)

    again(5)
    disk.meanwhile = lambda: again(4)
    await issues.ignore("lift", "battery")
    (issue,) = issues.all()
    assert (issue.ignored, issue.message.parameters["percent"]) == (True, 4)
    await clock.forward(WRITE_AFTER_S)
    assert "1.0" in str(disk.rows["lift.battery"].value)
    disk.meanwhile = lambda: issues.clear(LIFT, "battery")
    await issues.ignore("lift", "battery", ignored=False)
    await clock.forward(WRITE_AFTER_S)
    assert (issues.all(), disk.rows) == ([], {})


async def test_the_mark_of_an_issue_that_cannot_be_kept_is_kept_all_the_same(
    issues: Issues, ledger: Ledger, disk: Disk
) -> None:
    issues.raise_issue(LIFT, "odd", severity=Severity.ERROR, message=BATTERY, persistent=True, data={"of": object()})
    await issues.ignore("lift", "odd")
    assert disk.rows["lift.odd"].value == {"domain": "lift", "issue_id": "odd", "dismissed_version": "1.0"}
    assert ledger.account(LIFT).counts == {"error": 1}


async def test_many_changes_of_one_issue_are_one_write(issues: Issues, clock: SimulatedClock, disk: Disk) -> None:
    for percent in range(50):
        message = Message("low_battery", {"percent": percent})
        issues.raise_issue(LIFT, "battery", severity=Severity.ERROR, message=message, persistent=True)
    await clock.forward(WRITE_AFTER_S)
    assert disk.writes == 1


async def test_closing_writes_what_is_not_written_yet(issues: Issues, disk: Disk) -> None:
    issues.raise_issue(LIFT, "battery", severity=Severity.ERROR, message=BATTERY, persistent=True)
    await issues.close()
    assert list(disk.rows) == ["lift.battery"]


async def test_room_runs_out_for_one_plugin_alone_and_never_for_what_is_critical(
    issues: Issues, clock: SimulatedClock, ledger: Ledger
) -> None:
    issues.raise_issue(LIFT, "fire", severity=Severity.CRITICAL, message=BATTERY)
    issues.raise_issue(PluginDomain("other"), "mine", severity=Severity.WARNING, message=BATTERY)
    for number in range(KEPT_PER_PLUGIN + 3):
        await clock.forward(1)
        issues.raise_issue(LIFT, f"n{number}", severity=Severity.WARNING, message=BATTERY)
    mine = [issue.issue_id for issue in issues.all() if issue.domain == LIFT]
    assert len(mine) == KEPT_PER_PLUGIN
    assert mine[:2] == ["fire", "n4"]
    assert issues.get("other", "mine") is not None
    assert ledger.account(LIFT).counts == {"dropped": 4}


async def test_a_full_disk_does_not_keep_the_hub_from_stopping(issues: Issues, ledger: Ledger, disk: Disk) -> None:
    issues.raise_issue(LIFT, "battery", severity=Severity.ERROR, message=BATTERY, persistent=True)
    disk.full = True
    await issues.close()
    assert ledger.account(PluginDomain("core")).counts == {}


async def test_an_issue_that_cannot_be_kept_keeps_no_other_from_the_disk_and_is_charged_once(
    issues: Issues, clock: SimulatedClock, ledger: Ledger, disk: Disk
) -> None:
    for number in range(2):
        odd = {"of": object(), "number": number}
        issues.raise_issue(LIFT, "odd", severity=Severity.ERROR, message=BATTERY, persistent=True, data=odd)
        issues.raise_issue(LIFT, "battery", severity=Severity.ERROR, message=BATTERY, persistent=True)
        await clock.forward(WRITE_AFTER_S)
    await issues.close()
    assert list(disk.rows) == ["lift.battery"]
    assert ledger.account(LIFT).counts == {"error": 1}
    assert ledger.account(PluginDomain("core")).counts == {}


async def test_what_the_disk_raises_does_not_keep_the_hub_from_stopping(
    issues: Issues, ledger: Ledger, disk: Disk
) -> None:
    issues.raise_issue(LIFT, "battery", severity=Severity.ERROR, message=BATTERY, persistent=True)
    disk.broken = OSError("read-only")
    await issues.close()
    assert ledger.account(PluginDomain("core")).counts == {"error": 1}
