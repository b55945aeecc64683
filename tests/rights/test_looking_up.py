"""What is forbidden costs the same look-ups as what never existed, so that no slower answer tells of it (SAFETY 15)."""

import re
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final

import pytest

from linli import SupportsResponse
from linli.config.validators.describe import example_of
from linli.storage.sqlite import SqliteBackend
from rights.estate import ABSENT, Answer, Estate, alike
from rights.table import TABLE
from rights.test_telling import rendered

WHO: Final = ("resident of a", "screen")
IN_DATA: Final[dict[str, dict[str, Any]]] = {
    "scene.apply": {"entities": {"{light}": {"state": "on", "brightness": "garbage"}}},
    "scene.create": {"scene_id": "{kept}", "entities": {"{light}": "on"}, "snapshot_entities": ["{sensor}"]},
    "scene.delete": {"entity_id": "{light}"},
    "homeassistant.update_entity": {"entity_id": ["{light}"]},
    "persistent_notification.create": {"message": "x", "notification_id": "{notification}"},
    "persistent_notification.dismiss": {"notification_id": "{notification}"},
    "persistent_notification.dismiss_all": {},
}
"""What services are given that are not aimed like the others, or that name entities in their data."""
FITTING: Final[dict[str, dict[str, Any]]] = {
    "climate.set_temperature": {"temperature": 20},
    "input_datetime.set_datetime": {"time": "08:00:00"},
}
"""What a service is given whose schema has no example of its own that it takes."""


class Counted(dict[Any, Any]):
    """Rows that note how often they are asked for one."""

    def __init__(self, rows: dict[Any, Any], name: str, counts: Counter[str]) -> None:
        super().__init__(rows)
        self._name = name
        self._counts = counts

    def get(self, key: Any, default: Any = None) -> Any:
        self._counts[self._name] += 1
        return super().get(key, default)

    def __getitem__(self, key: Any) -> Any:
        self._counts[self._name] += 1
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self._counts[self._name] += 1
        return super().__contains__(key)


def counted(estate: Estate) -> Counter[str]:
    """Count the look-ups in every registry, and among states, services, notifications, and who is alive."""
    rooms, counts = estate.hub.rooms, Counter[str]()
    COUNTING.append(counts)
    registries: Any = rooms.registries
    registers = ("areas", "devices", "entities", "labels", "floors", "categories")
    places: list[tuple[Any, str]] = [
        *((getattr(registries, name), "_rows") for name in registers),
        (registries.entities, "_by_entity_id"),
        (rooms.states, "_slots"),
        (rooms.platforms, "_by_entity_id"),
        (rooms.notifications, "_standing"),
    ]
    for owner, name in places:
        setattr(owner, name, Counted(getattr(owner, name), f"{type(owner).__name__}{name}", counts))
    return counts


COUNTING: Final[list[Counter[str]]] = []


@pytest.fixture(autouse=True)
def statements(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What the files are asked, too: the past of what is forbidden is not looked for, or as if there were none."""
    connect = SqliteBackend._connect

    def traced(backend: SqliteBackend) -> sqlite3.Connection:
        raw = connect(backend)
        if backend.name not in ("safety", "hub"):  # there others read by themselves, and nothing of the past stands
            raw.set_trace_callback(note)
        return raw

    def note(statement: str) -> None:
        asked = re.match(r"\s*(?:SELECT|WITH)\b.*?\bFROM (\w+)", statement, re.DOTALL)
        if asked and asked[1] not in OF_THE_WRITER:
            for counts in COUNTING:
                counts[f"SELECT FROM {asked[1]}"] += 1

    monkeypatch.setattr(SqliteBackend, "_connect", traced)
    yield
    COUNTING.clear()


OF_THE_WRITER: Final = frozenset({"event_data"})
"""Looked through by what writes the past, whenever its next batch is due."""
WARM: Final = 3
"""Which time is counted: the first answers of a view are remembered (docs/threats.md), and the second call of a service
may find what the first has made."""
TRIES: Final = 3
"""Others look things up too (what writes the past, what a rule waits for); what differs each time is no chance."""
Ask = Callable[[Any], Awaitable[Answer]]


async def compared(estate: Estate, counts: Counter[str], name: str, sent: Any, ask: Ask) -> list[str]:
    """Ask about flat B and about nothing; what differs in look-ups or in the answer, as sentences."""
    for _ in range(TRIES):
        wrong = await _compared(estate, counts, name, sent, ask)
        if not wrong:
            return []
    return wrong


async def _compared(estate: Estate, counts: Counter[str], name: str, sent: Any, ask: Ask) -> list[str]:
    used, said, wrong = [], [], []
    for flat in ("b", None):
        aimed = estate.aimed(sent, flat)
        for _ in range(WARM):
            counts.clear()
            answer = await ask(aimed)
            told = estate.tells(answer.raw, said=[aimed, sent])
            wrong += [f"{name} tells {told}: {answer.raw}"] if told else []
        used.append(dict(counts))
        said.append(alike(answer.raw, ABSENT if flat is None else estate.ids[flat]))
    if used[0] != used[1]:
        wrong.append(f"{name}: {used[0]} for what is forbidden, {used[1]} for nothing")
    if said[0] != said[1]:
        wrong.append(f"{name}: {said[0]} of what is forbidden, {said[1]} of nothing")
    return wrong


def names_something(estate: Estate, sent: Any) -> bool:
    return bool(estate.aimed(sent, "b") != estate.aimed(sent, None))


@pytest.mark.parametrize("who", WHO)
async def test_commands_and_addresses_look_as_often_for_what_is_forbidden(estate: Estate, who: str) -> None:
    line, counts, wrong = await estate.connect(who), counted(estate), []
    for name, row in TABLE["commands"].items():
        if names_something(estate, row.get("send")) and not row.get("varies"):
            wrong += await compared(estate, counts, name, row["send"], lambda sent, name=name: line.ask(name, sent))
    for name, row in TABLE["addresses"].items():
        method, _, path = name.partition(" ")
        sent = [row.get("path", path), row.get("send")]
        if names_something(estate, sent):
            wrong += await compared(
                estate, counts, name, sent, lambda sent, method=method: estate.rest(who, method, *sent)
            )  # fmt: skip
    assert not wrong, "\n".join(wrong)
    await line.ws.close()


@pytest.mark.parametrize("who", WHO)
async def test_template_functions_look_as_often_for_what_is_forbidden(estate: Estate, who: str) -> None:
    line, counts, wrong = await estate.connect(who), counted(estate), []
    for name, row in TABLE["templates"].items():
        wrong += await compared(estate, counts, name, row["text"], lambda text: rendered(line, text))
    assert not wrong, "\n".join(wrong)
    await line.ws.close()


AIMS: Final = {"registry_id": "entity_id", "device": "device_id", "area": "area_id", "label": "label_id"}
"""Of which kind a thing is, and under which key every service is aimed at it; beside a light, and what fits it."""
DOMAINS: Final = {"camera": "camera", "todo": "todo", "sensor": "sensor", "input_boolean": "helper"}
"""How the things of each flat are called here, by their domain."""


@pytest.mark.parametrize("who", WHO)
async def test_services_say_and_look_for_what_is_forbidden_as_for_nothing(estate: Estate, who: str) -> None:
    line, counts, wrong = await estate.connect(who), counted(estate), []
    for service, fields, response in every_service(estate):
        domain, _, name = service.partition(".")
        fitting = {"light": "entity_id", **({DOMAINS[domain]: "entity_id"} if domain in DOMAINS else {}), **AIMS}
        aimless = service in IN_DATA or not takes_target(estate, service)
        aims = [{}] if aimless else [{key: f"{{{kind}}}"} for kind, key in fitting.items()]
        for aim in aims:
            call = {"domain": domain, "service": name, "service_data": {**fields, **aim}, "return_response": response}
            wrong += await compared(
                estate, counts, f"{service} at {aim}", call, lambda sent: line.ask("call_service", sent)
            )
    assert not [raw for raw in line.heard if estate.tells(raw)]
    assert not wrong, "\n".join(wrong)
    await line.ws.close()


def every_service(estate: Estate) -> list[tuple[str, dict[str, Any], bool]]:
    """Each with data that its schema takes, and whether it gives a response."""
    found = []
    for domain, services in estate.hub.rooms.services.all().items():
        for name, service in services.items():
            full = f"{domain}.{name}"
            example = {} if service.schema is None else example_of(service.schema)
            fields = IN_DATA.get(full, FITTING.get(full, example))
            found.append((full, fields, service.response is not SupportsResponse.NONE))
    return found


def takes_target(estate: Estate, full: str) -> bool:
    service = estate.hub.rooms.services.get(*full.split("."))
    return service is not None and service.target is not None


async def test_every_service_is_called_with_what_it_takes(estate: Estate) -> None:
    """So that its rights are reached: what a schema refuses is refused before."""
    line, wrong = await estate.connect("admin"), []
    for full, fields, response in every_service(estate):
        domain, _, name = full.partition(".")
        aimed = full not in IN_DATA and takes_target(estate, full)
        target = {"entity_id": ABSENT["light"]} if aimed else {}
        data = {**estate.aimed(fields, "a"), **target}
        answer = await line.ask(
            "call_service", {"domain": domain, "service": name, "service_data": data, "return_response": response}
        )
        if answer.outcome == "invalid" and full != "scene.apply":
            wrong.append(f"{full}: {data}: {answer.raw}")
    assert not wrong, "\n".join(wrong)
    await line.ws.close()


@pytest.mark.sqlite_only
async def test_what_the_files_are_asked_is_seen(estate: Estate) -> None:
    """Else the counts above would show nothing of the past."""
    line, counts = await estate.connect("resident of a"), counted(estate)
    name = "history/history_during_period"
    assert (await line.ask(name, estate.aimed(TABLE["commands"][name]["send"], "a"))).outcome == "ok"
    assert counts["SELECT FROM states"]
    await line.ws.close()
