"""linli answers the table of requests as a real Home Assistant did, but for differences that are listed and meant."""

import pytest

from compat.harness import differences, golden
from compat.harness.player import Target, play
from compat.harness.steps import Case
from compat.table import GROUPS, PAST

NOT_YET = pytest.mark.xfail(reason="about what linli does not have yet (differences.toml, absent)", strict=True)
CASES = [
    pytest.param(
        group, case, id=(name := f"{group}: {case.name}"), marks=[NOT_YET] if differences.absent_case(name) else []
    )
    for group, cases in GROUPS.items()
    for case in cases
]


@pytest.mark.parametrize(("group", "case"), CASES)
async def test_answers_as_recorded(request: pytest.FixtureRequest, is_original: bool, group: str, case: Case) -> None:
    hub: Target = request.getfixturevalue("past_hub" if group in PAST else "hub")
    recorded = golden.load(group)[case.name]
    wanted = recorded if is_original else differences.expected(f"{group}: {case.name}", recorded)
    answered = golden.kept(case, await play(hub, case), hub.known)
    found = golden.differences(case, wanted, answered)
    assert not found, "\n" + "\n".join(found)


def test_every_case_is_recorded_and_every_recording_has_its_case() -> None:
    for group, cases in GROUPS.items():
        assert sorted(golden.load(group)) == sorted(case.name for case in cases), group
    assert {path.stem for path in golden.FOLDER.glob("*.json")} == GROUPS.keys()


def test_every_listed_difference_speaks_of_a_case_of_the_table() -> None:
    assert not differences.unknown_cases()


@pytest.mark.parametrize("difference", differences.listed(), ids=lambda d: f"{d.case} step {d.step}")
def test_a_listed_difference_is_one(difference: differences.Difference) -> None:
    group, _, name = difference.case.partition(": ")
    recorded = golden.load(group)[name]
    case = next(case for case in GROUPS[group] if case.name == name)
    assert golden.differences(case, recorded, differences.expected(difference.case, recorded))
    assert difference.reason.en
    assert difference.reason.zh
