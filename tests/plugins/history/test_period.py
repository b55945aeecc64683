"""``GET /api/history/period``, with the statuses and sentences of the original (asked of a real one)."""

from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from house import House

BEGINNING = "2020-01-01"


@pytest.mark.parametrize(
    ("path", "status", "answer"),
    [
        ("", 400, {"message": "filter_entity_id is missing"}),
        ("?filter_entity_id=", 400, {"message": "filter_entity_id is missing"}),
        ("?filter_entity_id=nonsense", 400, {"message": "Invalid filter_entity_id"}),
        ("?filter_entity_id=sensor.a,%20sensor.b", 400, {"message": "Invalid filter_entity_id"}),
        ("/xx?filter_entity_id=sensor.a", 400, {"message": "Invalid datetime"}),
        ("/2026-01-01?filter_entity_id=sensor.a&end_time=xx", 400, {"message": "Invalid end_time"}),
        ("/2999-01-01?filter_entity_id=sensor.a", 200, []),
        ("?filter_entity_id=sensor.never", 200, []),
        ("/2020-01-01?filter_entity_id=sensor.a", 200, []),
    ],
)
async def test_bad_questions_and_empty_answers(house: House, path: str, status: int, answer: object) -> None:
    _, token = await house.user("owner", "admin")
    assert await house.rest("GET", "/api/history/period" + path, token) == (status, answer)


async def test_states_come_in_full_or_short_and_with_what_held_before(house: House) -> None:
    _, token = await house.user("owner", "admin")

    async def put(state: str, **attributes: object) -> None:
        await house.rest("POST", "/api/states/sensor.a", token, json={"state": state, "attributes": attributes})

    async def asked(query: str, start: str = "") -> list[list[dict[str, object]]]:
        status, answer = await house.rest("GET", f"/api/history/period{start}?filter_entity_id={query}", token)
        assert status == 200
        return answer  # type: ignore[no-any-return]

    await put("1", unit="x")
    await put("2", unit="x")
    await put("2", unit="y")
    before = house.hub.rooms.clock.timestamp()
    await put("3", unit="y")

    (full,) = await asked("SENSOR.A,sensor.never")
    assert [(row["state"], row["attributes"]) for row in full] == [
        ("1", {"unit": "x"}),
        ("2", {"unit": "x"}),
        ("3", {"unit": "y"}),
    ]
    assert {row["entity_id"] for row in full} == {"sensor.a"}
    assert all(row["last_changed"] == row["last_updated"] for row in full)
    (every,) = await asked("sensor.a&significant_changes_only=0")
    assert [row["state"] for row in every] == ["1", "2", "2", "3"]
    (minimal,) = await asked("sensor.a&minimal_response&no_attributes")
    assert minimal[0]["attributes"] == {}
    assert [set(row) for row in minimal[1:]] == [{"state", "last_changed"}] * 2

    moment = quote(datetime.fromtimestamp(before, UTC).isoformat())
    (with_opening,) = await asked("sensor.a", f"/{moment}")
    assert [row["state"] for row in with_opening] == ["2", "3"]
    assert with_opening[0]["last_changed"] == datetime.fromtimestamp(before, UTC).isoformat()
    (without,) = await asked("sensor.a&skip_initial_state", f"/{moment}")
    assert [row["state"] for row in without] == ["3"]
    (turned,) = await asked(f"sensor.a&end_time={BEGINNING}", f"/{moment}")
    assert [row["state"] for row in turned] == ["2"], "an end before the start asks for that moment"
