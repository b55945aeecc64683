"""Events, templates and calls of services: nothing of flat B is told, the forbidden is answered as nothing."""

import json
from typing import Any

import pytest

from linli.ids import EntityId
from rights.estate import ABSENT, Answer, Estate, Line, alike
from rights.table import TABLE

LIFE = "homeassistant_"
"""What is said of the hub's own life is not fired here: those who serve end with it."""
PRIVATE = {"triggers_fired"}
"""Between plugins only: the streams of the API leave it out."""


def fire(estate: Estate, event_type: str, row: Any, flat: str, times: int) -> None:
    """Let it happen in one flat."""
    rooms = estate.hub.rooms
    if event_type.startswith(LIFE):
        return
    if event_type in ("state_changed", "state_reported"):
        entity_id = EntityId(f"sensor.written_{flat}")
        rooms.states.set(entity_id, str(times), {"word": estate.ids[flat]["area"]})
        light = rooms.states.get(estate.ids[flat]["light"])
        assert light is not None
        value = "on" if light.state == "off" else "off"
        rooms.states.set(light.entity_id, value if event_type == "state_changed" else light.state, light.attributes)
        return
    rooms.bus.fire(event_type, estate.aimed(row.get("send", {}), flat))


async def followed(line: Line, event_type: str) -> bool:
    return (await line.ask("subscribe_events", {"event_type": event_type})).outcome == "ok"


@pytest.mark.parametrize(
    ("who", "columns"), [("resident of a", ("resident", "other")), ("read-only", ("guest", "other"))]
)
async def test_every_event_reaches_whom_the_table_says(estate: Estate, who: str, columns: tuple[str, str]) -> None:
    wrong = []
    for number, (event_type, row) in enumerate(TABLE["events"].items()):
        line = await estate.connect(who)
        may = await followed(line, event_type)
        for flat, column in zip("ab", columns, strict=True):
            line.heard.clear()
            fire(estate, event_type, row, flat, number)
            await line.ask("ping")
            outcome = "forbidden" if not may else "hears" if line.heard else "silent"
            told = [raw for raw in line.heard if estate.tells(raw)]
            if outcome != row[column] or told:
                wrong.append(f"{event_type}: {who} about {flat}: {outcome}, not {row[column]}; {line.heard}")
        await line.ws.close()
    assert not wrong, "\n".join(wrong)


async def test_an_administrator_hears_every_event(estate: Estate) -> None:
    for number, (event_type, row) in enumerate(TABLE["events"].items()):
        if event_type in PRIVATE:
            continue
        line = await estate.connect("admin")
        assert await followed(line, event_type)
        fire(estate, event_type, row, "b", number)
        await line.ask("ping")
        assert line.heard or event_type.startswith(LIFE), event_type
        await line.ws.close()


async def rendered(line: Line, template: str) -> Answer:
    """What a template says, and which entities it listens to."""
    line.heard.clear()
    answer = await line.ask("render_template", {"template": template})
    assert answer.outcome == "ok", (template, answer)
    while not line.heard:
        line.heard.append(await line.ws.receive_str(timeout=10))
    event = json.loads(line.heard[0])["event"]
    return Answer("ok", json.dumps(event.get("result", event)))


async def test_every_template_function_says_of_another_flat_what_it_says_of_nothing(estate: Estate) -> None:
    wrong = []
    line = await estate.connect("resident of a")
    for name, row in TABLE["templates"].items():
        said = []
        for flat in ("a", "b", None):
            template = estate.aimed(row["text"], flat)
            result = (await rendered(line, template)).raw
            told = [*estate.tells(result, said=template), *estate.tells(result, "house", said=template)]
            if told:
                wrong.append(f"{name} about {flat} tells {told}: {result}")
            said.append(alike(result, ABSENT if flat is None else estate.ids[flat]))
        if said[1] != said[2]:
            wrong.append(f"{name}: {said[1]} of what is forbidden, {said[2]} of nothing")
        if said[0] == said[2] and "{" in row["text"].replace("{{", "") and name not in OF_THE_HOUSE:
            wrong.append(f"{name}: says nothing of one's own flat either ({said[0]}), so the row shows nothing")
    assert not wrong, "\n".join(wrong)
    await line.ws.close()


OF_THE_HOUSE = {
    "config_entry_attr", "config_entry_id", "floor_areas", "floor_entities", "floor_id", "floor_name", "label_areas",
    "label_devices", "label_entities", "label_name", "labels", "closest", "distance", "is_hidden_entity",
}  # fmt: skip
"""Entries, floors and labels are the house's and no resident's; where things lie or are hidden is said of none."""


async def test_what_another_flat_does_reaches_no_subscription(estate: Estate) -> None:
    line = await estate.connect("resident of a")
    for command in (
        "subscribe_entities", "persistent_notification/subscribe", "config_entries/subscribe",
        "input_boolean/subscribe", "frontend/subscribe_user_data",
    ):  # fmt: skip
        await line.ask(command)
    await line.ask("render_template", {"template": "{{ states | count }} {{ areas() }} {{ labels() }}"})
    rooms, b = estate.hub.rooms, estate.ids["b"]
    await rooms.services.call("input_boolean", "toggle", {"entity_id": b["helper"]})
    await rooms.registries.areas.update(b["area"], name="Quillfeather two")
    await rooms.registries.devices.update(b["device"], name_by_user="Vexillum two")
    await rooms.registries.entities.update(b["light"], name="Vexillum three")
    await rooms.registries.labels.update(b["label"], name="Obsidian two")
    theirs = await estate.connect("resident of b")
    await theirs.ask("frontend/set_user_data", {"key": "Zorrilla", "value": "Zorrilla"})
    await theirs.ask(
        "call_service",
        {"domain": "persistent_notification", "service": "create", "service_data": {"message": "Zorrilla"}},
    )
    await theirs.ws.close()
    await line.ask("ping")
    assert not [raw for raw in line.heard if estate.tells(raw)]
    await line.ws.close()
