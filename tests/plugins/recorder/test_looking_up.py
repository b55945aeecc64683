"""After a start all entities are new to the writer: their numbers are looked up together, and stand once."""

import pytest

from linli_recorder import looking_up, writing
from plugins.recorder.conftest import Home, Start, recorder_of

ENTITIES = 400


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the writing thread said to the database, one for each journey."""
    said: list[str] = []
    for room in (writing, looking_up):
        for name in ("run", "change"):
            real = getattr(room, name)

            def noted(tx, statement, *more, real=real):
                said.append(statement)
                return real(tx, statement, *more)

            monkeypatch.setattr(room, name, noted)
    return said


async def write_all(home: Home, statements: list[str], round_: int) -> int:
    """So many statements; each entity has attributes of its own, and every second one shares the rest."""
    await home.clock.forward(seconds=5)
    await home.api.settle()
    recorder_of(home)._writer.forget()
    statements.clear()
    for number in range(ENTITIES):
        own = {"own": number} if number % 2 else {"shared": True}
        home.hub.rooms.states.set(f"sensor.s{number}", str(round_), own)  # type: ignore[arg-type]  # an id
    await home.api.settle()
    return len(statements)


async def test_a_batch_after_a_start_asks_for_all_its_streams_and_texts_together(
    start: Start, statements: list[str]
) -> None:  # fmt: skip
    for turn in range(3):
        async with start() as home:
            assert await write_all(home, statements, turn) < 20
            assert home.rows("SELECT count(*) FROM streams WHERE entity_id LIKE 'sensor.s%'") == [(ENTITIES,)]
            texts = home.rows("SELECT count(*), count(DISTINCT text) FROM attributes WHERE text LIKE '%own%'")
            assert texts == [(ENTITIES // 2, ENTITIES // 2)]
            wrong = home.rows(
                "SELECT count(*) FROM states s JOIN streams e ON e.id = s.stream_id"
                " JOIN attributes a ON a.id = s.attributes_id"
                " WHERE a.text LIKE '%own%' AND a.text <> '{\"own\":' || substr(e.entity_id, 9) || '}'"
            )
            assert wrong == [(0,)]


async def test_what_the_events_of_a_batch_say_is_asked_for_together(start: Start, statements: list[str]) -> None:
    async with start() as home:
        for turn in range(2):  # the second time half of it is known
            await home.clock.forward(seconds=5)
            await home.api.settle()
            recorder_of(home)._writer.forget()
            statements.clear()
            for number in range(ENTITIES):
                home.hub.rooms.bus.fire("pressed", {"number": number + turn * ENTITIES // 2})
            await home.api.settle()
            assert len(statements) < 20
        said = home.rows(
            "SELECT d.text FROM events e JOIN event_data d ON d.id = e.data_id JOIN event_types t ON t.id = e.type_id"
            " WHERE t.name = 'pressed' ORDER BY e.number"
        )
        assert [text for (text,) in said] == [
            f'{{"number":{number + turn * ENTITIES // 2}}}' for turn in range(2) for number in range(ENTITIES)
        ]
        kept = home.rows("SELECT count(*), count(DISTINCT text) FROM event_data WHERE text LIKE '%number%'")
        assert kept == [(ENTITIES * 3 // 2, ENTITIES * 3 // 2)]
