"""Everything that can be asked, by everybody, against the table; flat A learns of nothing in flat B (SAFETY 15)."""

from typing import Any

import aiohttp
import pytest

from rights.estate import ABSENT, Answer, Estate, alike
from rights.table import COLUMNS, TABLE

READERS = ("admin", "resident of a", "read-only", "homeless", "nobody")


def aims(estate: Estate, row: Any) -> tuple[str | None, ...]:
    """At what a row is asked: at either flat and at nothing, where it names something of a flat."""
    asked = {"path": row.get("path"), "send": row.get("send")}
    return ("a", "b", None) if estate.aimed(asked, "a") != asked else ("a",)


class Findings:
    """What is not as it shall be, as sentences."""

    def __init__(self, estate: Estate, who: str) -> None:
        self.estate = estate
        self.who = who
        self.wrong: list[str] = []
        self._of_b: Answer | None = None

    def judge(self, name: str, row: Any, flat: str | None, answer: Answer, sent: Any) -> None:
        """Compare one answer with its row, and search it for what is not this reader's."""
        column = COLUMNS.get(self.who)
        if column == "resident" and flat != "a":
            column = "other"
        if column is not None and (flat == "a" or column == "other" or row.get("spares")):
            expected = row[column]
            if answer.outcome != expected:
                self.wrong.append(f"{name}: {self.who} about {flat}: {answer.outcome}, not {expected}: {answer.raw}")
        if self.who == "admin":
            return
        hidden = ("b", "house") if self.who in ("resident of a", "read-only") else ("a", "b", "house")
        for other in hidden:
            own = [self.estate.users[self.who].name] if self.who in self.estate.users else []
            told = [word for word in self.estate.tells(answer.raw, other, said=sent) if word not in own]
            if told:
                self.wrong.append(f"{name}: {self.who} about {flat} learns {told}: {answer.raw[:400]}")
        if flat == "b":
            self._of_b = answer
        elif flat is None and not row.get("varies"):
            assert self._of_b is not None
            forbidden, absent = alike(self._of_b.raw, self.estate.ids["b"]), alike(answer.raw, ABSENT)
            if forbidden != absent:
                self.wrong.append(f"{name}: {self.who} is told {forbidden} of what is not theirs, {absent} of nothing")


def targets(estate: Estate, who: str, row: Any) -> tuple[str | None, ...]:
    return (None,) if who == "admin" and row.get("spares") else aims(estate, row)


@pytest.mark.parametrize("who", [who for who in READERS if who != "nobody"])
async def test_every_command_is_answered_as_the_table_says(estate: Estate, who: str) -> None:
    findings, line = Findings(estate, who), await estate.connect(who)
    for name, row in TABLE["commands"].items():
        for flat in targets(estate, who, row):
            sent = estate.aimed(row.get("send", {}), flat)
            findings.judge(name, row, flat, await line.ask(name, sent), sent)
    await line.ask("ping")
    if who == "resident of a":
        said = [estate.aimed(row.get("send", {}), "b") for name, row in TABLE["commands"].items() if name == TEMPLATE]
        findings.wrong += [f"heard: {raw[:400]}" for raw in line.heard if estate.tells(raw, said=said)]
    assert not findings.wrong, "\n".join(findings.wrong)
    await line.ws.close()


TEMPLATE = "render_template"
"""Its events name the entities that the template itself named."""


@pytest.mark.parametrize("who", READERS)
async def test_every_address_is_answered_as_the_table_says(estate: Estate, who: str) -> None:
    findings = Findings(estate, who)
    for name, row in TABLE["addresses"].items():
        method, _, path = name.partition(" ")
        for flat in targets(estate, who, row):
            sent = estate.aimed([row.get("path", path), row.get("send")], flat)
            findings.judge(name, row, flat, await estate.rest(who, method, *sent), sent)
    assert not findings.wrong, "\n".join(findings.wrong)


async def test_nobody_is_answered_no_command(estate: Estate) -> None:
    for name, row in TABLE["commands"].items():
        async with estate.http.ws_connect(estate.url + "/api/websocket") as ws:
            await ws.receive_json()
            await ws.send_json({"id": 1, "type": name, **estate.aimed(row.get("send", {}), "a")})
            assert (await ws.receive_json(timeout=5))["type"] == "auth_invalid", name
            assert (await ws.receive(timeout=5)).type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
