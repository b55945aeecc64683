"""States between times, in the forms that Home Assistant 2025.4.4 gave for the same changes."""

from typing import Any

import pytest

from linli import Transaction
from linli_recorder import forms
from linli_recorder.api import Form
from linli_recorder.forms import PIECE, Writing
from linli_recorder.sql import change
from linli_recorder.swift import changes

from .conftest import Home, recorder_of

START = 1735689600.0  # 2025-01-01T00:00:00Z


@pytest.fixture
async def lived(home: Home) -> Home:
    """One entity with changes of state and of attributes, one whose attributes matter, one that went."""
    await home.set("sensor.a", "1", n=1)
    await home.set("sensor.a", "1", n=2)
    await home.set("sensor.a", "2", n=2)
    await home.set("sensor.a", "2", n=3)
    await home.set("climate.c", "heat", t=1)
    await home.set("climate.c", "heat", t=2)
    await home.set("sensor.gone", "1")
    await home.clock.forward(seconds=1)
    home.hub.rooms.states.remove("sensor.gone")  # type: ignore[arg-type]
    return home


def iso(second: int) -> str:
    return f"2025-01-01T00:00:{second:02d}+00:00"


def full(entity_id: str, state: str, attributes: dict[str, Any], second: int, changed: int | None = None) -> Any:
    return {
        "entity_id": entity_id, "state": state, "attributes": attributes,
        "last_changed": iso(second if changed is None else changed), "last_updated": iso(second),
    }  # fmt: skip


async def test_the_full_form_leaves_out_what_changed_only_attributes(lived: Home) -> None:
    assert await lived.states("sensor.a", "climate.c", "sensor.gone", "sensor.none", form=Form.FULL) == {
        "sensor.a": [full("sensor.a", "1", {"n": 1}, 1), full("sensor.a", "2", {"n": 2}, 3)],
        "climate.c": [full("climate.c", "heat", {"t": 1}, 5), full("climate.c", "heat", {"t": 2}, 6)],
        "sensor.gone": [full("sensor.gone", "1", {}, 7), full("sensor.gone", "", {}, 8)],
    }


async def test_not_only_significant_ones_come_with_when_the_state_changed(lived: Home) -> None:
    assert (await lived.states("sensor.a", form=Form.FULL, significant=False))["sensor.a"] == [
        full("sensor.a", "1", {"n": 1}, 1),
        full("sensor.a", "1", {"n": 2}, 2, 1),
        full("sensor.a", "2", {"n": 2}, 3),
        full("sensor.a", "2", {"n": 3}, 4, 3),
    ]


@pytest.mark.parametrize("significant", [True, False])
async def test_the_minimal_form_is_whole_once_and_then_only_says_what_differs(lived: Home, significant: bool) -> None:
    found = await lived.states("sensor.a", "sensor.gone", form=Form.MINIMAL, significant=significant)
    assert found == {
        "sensor.a": [full("sensor.a", "1", {"n": 1}, 1), {"state": "2", "last_changed": iso(3)}],
        "sensor.gone": [full("sensor.gone", "1", {}, 7), {"state": None, "last_changed": iso(8)}],
    }


async def test_entities_that_are_told_by_their_attributes_stay_whole_in_the_minimal_form(lived: Home) -> None:
    found = await lived.states("climate.c", form=Form.MINIMAL)
    assert found == await lived.states("climate.c", form=Form.FULL)


async def test_the_compressed_form_says_when_the_state_changed_only_where_that_was_earlier(lived: Home) -> None:
    assert (await lived.states("sensor.a", significant=False))["sensor.a"] == [
        {"s": "1", "a": {"n": 1}, "lu": START + 1},
        {"s": "1", "a": {"n": 2}, "lu": START + 2, "lc": START + 1},
        {"s": "2", "a": {"n": 2}, "lu": START + 3},
        {"s": "2", "a": {"n": 3}, "lu": START + 4, "lc": START + 3},
    ]
    assert (await lived.states("sensor.gone"))["sensor.gone"][-1] == {"s": None, "a": {}, "lu": START + 8}


async def test_the_compressed_minimal_form(lived: Home) -> None:
    assert await lived.states("sensor.a", "climate.c", form=Form.COMPRESSED_MINIMAL) == {
        "sensor.a": [{"s": "1", "a": {"n": 1}, "lu": START + 1}, {"s": "2", "lu": START + 3}],
        "climate.c": [{"s": "heat", "a": {"t": 1}, "lu": START + 5}, {"s": "heat", "a": {"t": 2}, "lu": START + 6}],
    }


@pytest.mark.parametrize(
    ("form", "first"),
    [
        (Form.FULL, full("sensor.a", "1", {}, 1)),
        (Form.MINIMAL, full("sensor.a", "1", {}, 1)),
        (Form.COMPRESSED, {"s": "1", "a": {}, "lu": START + 1}),
        (Form.COMPRESSED_MINIMAL, {"s": "1", "lu": START + 1}),
    ],
)
async def test_without_attributes(lived: Home, form: Form, first: Any) -> None:
    found = await lived.states("sensor.a", form=form, attributes=False)
    assert found["sensor.a"][0] == first


@pytest.mark.parametrize("form", list(Form))
async def test_the_state_that_held_at_the_start_comes_first_as_if_it_began_then(lived: Home, form: Form) -> None:
    found = await lived.states("sensor.a", since=START + 2.5, form=form)
    first, second = found["sensor.a"]
    assert first.get("s", first.get("state")) == "1"
    assert first.get("a", first.get("attributes")) == {"n": 2}
    assert first.get("lu", first.get("last_changed")) in (START + 2.5, "2025-01-01T00:00:02.500000+00:00")
    assert second.get("s", second.get("state")) == "2"


@pytest.mark.parametrize("form", list(Form))
async def test_without_an_opening_only_what_happened_between_is_told(lived: Home, form: Form) -> None:
    found = await lived.states("sensor.a", "climate.c", since=START + 4.5, form=form, opening=False)
    assert list(found) == ["climate.c"]


async def test_the_order_of_the_answer_is_that_of_the_question(lived: Home) -> None:
    assert list(await lived.states("climate.c", "sensor.a")) == ["climate.c", "sensor.a"]
    assert list(await lived.states("sensor.a", "climate.c")) == ["sensor.a", "climate.c"]


async def test_a_renamed_entity_keeps_its_past(home: Home) -> None:
    home.register("sensor.old", "u1")
    await home.set("sensor.old", "1")
    home.hub.rooms.states.remove("sensor.old")  # type: ignore[arg-type]
    await home.hub.rooms.registries.entities.update("sensor.old", new_entity_id="sensor.new")
    await home.set("sensor.new", "2")
    assert await home.told("sensor.new", "sensor.old") == {"sensor.new": ["1", None, "2"]}
    assert {each.entity_id for each in await home.happened()} == {"sensor.new"}


async def test_a_long_time_is_read_beside_the_others(lived: Home) -> None:
    assert (await lived.told("sensor.a", since=START - 30 * 86_400))["sensor.a"] == ["1", "2"]


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("more", [0, 1])
async def test_many_rows_are_one_array_however_many_pieces_they_are_read_in(home: Home, form: Form, more: int) -> None:
    states = [str(number) for number in range(2 * PIECE + more)]
    for state in states:
        await home.set("sensor.a", state, parity=int(state) % 2)
    told = (await home.states("sensor.a", form=form))["sensor.a"]
    assert [row.get("s", row.get("state")) for row in told] == states
    seen = [row.get("a", row.get("attributes")) for row in told]
    assert seen[0] == {"parity": 0}
    if form in (Form.FULL, Form.COMPRESSED):
        assert seen == [{"parity": int(state) % 2} for state in states]


@pytest.mark.parametrize("form", [Form.MINIMAL, Form.COMPRESSED_MINIMAL])
async def test_the_minimal_forms_tell_a_state_once_also_where_a_piece_ends_between_two_of_it(
    home: Home, form: Form
) -> None:
    states = [str((number + 1) // 2) for number in range(2 * PIECE)]
    for number, state in enumerate(states):
        await home.set("sensor.a", state, n=number)
    told = (await home.states("sensor.a", form=form, significant=False))["sensor.a"]
    assert [row.get("s", row.get("state")) for row in told] == [str(number) for number in range(PIECE + 1)]


def test_changes_are_told_once_also_where_a_piece_ends_between_two_of_them() -> None:
    writing = Writing(Form.COMPRESSED_MINIMAL, "sensor.a", bare=True)
    writing.add([(1_000_000, "a", None, None)], {None: {}})
    writing.add_changes([1_000_000, 2_000_000], ["a", "b"])
    writing.add_changes([3_000_000, 4_000_000], ["b", "a"])
    assert writing.json() == b'[{"s":"a","lu":1.0},{"s":"b","lu":2.0},{"s":"a","lu":4.0}]'


@pytest.mark.parametrize("at_once", [1, 2, 3, 100])
async def test_changes_of_one_moment_are_told_once_each_wherever_a_piece_ends(home: Home, at_once: int) -> None:
    rows = list(enumerate([1, 1, 2, 2, 2, 2, 2, 3, 4, 4]))
    texts = [f'{number} "of\\ \n\x1f\u00e9' for number, _ in rows]

    def write(tx: Transaction) -> None:
        for number, at in rows:
            statement = (
                "INSERT INTO states (stream_id, updated_us, number, state, first, context_id) VALUES (?,?,?,?,?,?)"
            )
            change(tx, statement, (77, at, number, None if number == 4 else texts[number], 0, b""))

    database = recorder_of(home).database
    await database.transaction(write)
    pieces = await database.read(lambda tx: list(changes(tx, 77, 0, 4, at_once=at_once)))
    assert [at for times, _ in pieces for at in times] == [at for _, at in rows[:8]]
    assert [state for _, states in pieces for state in states] == [*texts[:4], None, *texts[5:8]]
    assert all(len(times) == len(states) <= at_once for times, states in pieces)


@pytest.mark.parametrize("form", [Form.FULL, Form.MINIMAL])
def test_times_are_written_alike_whether_they_name_their_zone_or_not(
    form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    def written() -> bytes:
        writing = Writing(form, "sensor.a", bare=True)
        times = [0, 1, 951_782_400_000_000, 1_735_689_600_123_456, 1_735_689_600_999_999]
        writing.add([(at, str(at), None, at // 2 or None) for at in times], {None: {}})
        return writing.json()

    fast = written()
    monkeypatch.setattr(forms, "_moment", forms._zoned)
    assert written() == fast
    assert b'"1970-01-01T00:00:00+00:00"' in fast
