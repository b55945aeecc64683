"""Two flats in one hub: what is in them, who lives there, and how to ask as any of these people.

Every word of flat B is one that stands nowhere else: whoever is answered with one of them has learned of flat B. So it
is with what belongs to the house: labels, a floor, a category, an administrators' dashboard. Flat A's own things point
at it (they bear the labels, lie on the floor), and at flat B (their device stands behind that of B), which no answer
about them may tell.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp

from linli import Message
from linli.auth import COMMAND_ACTOR, User
from linli.auth.policy import PERMISSIONS
from linli.hub import Hub
from linli.ids import CORE, EntityId, PlaceId, PluginDomain
from linli.issues import Severity
from linli.scope import Scope

FLATS: Final = {"a": PlaceId("flat_a"), "b": PlaceId("flat_b")}
TWINS: Final = '''
"""The same furniture in each flat."""

import voluptuous as vol
from linli import Capabilities, DeviceInfo, Manifest, hookimpl
from linli_home.api import Camera, CameraReading, Light, LightReading, Sensor, SensorStateClass, TodoItem, TodoList

CAN = Capabilities(entities=("camera", "light", "sensor", "todo"))
MANIFEST = Manifest(domain="twins", layer="perception", requires=("home",), capabilities=CAN)
CONFIG = vol.Schema({})

async def switch(**wanted):
    return None

async def picture(width, height):
    return b"picture", "image/test"

@hookimpl
def linli_setup_entry(ctx, entry):
    for word, chore in (("vexillum", "thimblerig"), ("marigold", "dusting")):
        behind = ("twins", "vexillum") if word == "marigold" else None
        device = DeviceInfo(identifiers=frozenset({("twins", word)}), name=word.title(), via_device=behind)
        items = [TodoItem(uid=f"uid-{chore}", summary=chore)]

        async def listed(items=items):
            return items

        def named(kind, **more):
            return {"unique_id": f"{word}-{kind}", "suggested_object_id": word, "name": None, "device": device, **more}

        ctx.entities.add(Light(**named("light"), turn_on=switch, turn_off=switch)).write(LightReading(on=False))
        ctx.entities.add(Sensor(**named("sensor"))).write(word)
        meter = {**named("meter"), "suggested_object_id": f"{word}_meter"}
        ctx.entities.add(Sensor(**meter, state_class=SensorStateClass.MEASUREMENT, unit_of_measurement="W")).write(5)
        ctx.entities.add(Camera(**named("camera"), picture=picture)).write(CameraReading())
        ctx.entities.add(TodoList(**named("todo"), items=listed)).write(items)
'''
YAML: Final = """
linli: {{name: House, language: en, trusted: [twins], journal: {{receive: true}}}}
http: {{port: {port}}}
api: {{}}
home: {{}}
helpers:
  input_boolean:
    peony: {{name: Peony}}
    zorrilla: {{name: Zorrilla}}
pages: {{}}
overview: {{}}
recorder: {{}}
history: {{}}
logbook: {{}}
webhook: {{}}
automation:
- {{id: hornblower, alias: Hornblower, triggers: [], actions: []}}
script:
  sarabande: {{sequence: []}}
scene: []
twins: {{}}
"""
WORDS: Final = {
    "a": {"thing": "marigold", "helper": "peony", "area": "Larkspur", "user": "anemone"},
    "b": {"thing": "vexillum", "helper": "zorrilla", "area": "Quillfeather", "user": "wimbledon", "domain": "quokka"},
    "house": {
        "floor": "Tanzanite",
        "category": "Marzipan",
        "board": "gazette-staff",
        "rule": "Hornblower",
        "script": "Sarabande",
    },
}
LABELS: Final = {"a": "Primrose", "b": "Obsidian"}
"""They are at the root of the house, whose ever things bear them."""
ABSENT: Final = {
    "light": "light.nobody", "sensor": "sensor.nobody", "meter": "sensor.nobody_meter", "camera": "camera.nobody",
    "todo": "todo.nobody",
    "helper": "input_boolean.nobody", "kept": "nobody", "area": "nobody", "area_name": "Nobody", "label": "nobody",
    "device": "nobody", "device_name": "Nobody", "registry_id": "0" * 26, "user": "nobody", "token": "nobody",
    "expiring": "nobody", "notification": "nobody", "board": "no-body", "private": "", "only": "nowhere.nobody",
}  # fmt: skip
"""What never existed, of each kind."""


OF_THE_HOUSE: Final = {"admin", "users.edit", "issues.read", "plugins.read", "journal.read", "logs.read"}
"""Permissions that show or change what is no single flat's."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: its class, and every byte of it."""

    outcome: str
    raw: str


@dataclass
class Estate:
    """The hub, its people and the ids of what is in either flat."""

    hub: Hub
    url: str
    http: aiohttp.ClientSession
    ids: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    house: list[str] = field(default_factory=list)
    """Words of what belongs to the house as a whole."""

    async def furnish(self) -> None:
        """Give each flat its area, label, things, notification and inhabitant, and the house its other people."""
        registries, notifications = self.hub.rooms.registries, self.hub.rooms.notifications
        floor = await registries.floors.create(WORDS["house"]["floor"])
        category = await registries.categories.create("automation", WORDS["house"]["category"])
        labels = {flat: await registries.labels.create(name) for flat, name in LABELS.items()}
        both = frozenset(label.id for label in labels.values())
        for flat, place in FLATS.items():
            word = WORDS[flat]
            area = await registries.areas.create(word["area"], place=place, labels=both, floor_id=floor.id)
            light = registries.entities.need(f"light.{word['thing']}")
            assert light.device_id is not None
            await registries.devices.update(light.device_id, area_id=area.id, labels=both)
            await registries.entities.update(light.entity_id, labels=both, categories={"automation": category.id})
            await registries.entities.update(f"input_boolean.{word['helper']}", place=FLATS[flat])
            await self.add(f"resident of {flat}", word["user"], "resident", FLATS[flat])
            owner = self.users[f"resident of {flat}"]
            tokens = self.hub.rooms.auth.tokens
            spare = await tokens.create_long_lived(
                owner.id, client_name="spare", lifespan_days=1, actor=COMMAND_ACTOR
            )  # fmt: skip
            expiring = await tokens.create(owner.id, client_id=self.url, address="127.0.0.1", actor=COMMAND_ACTOR)
            notification = f"note-{word['user']}"
            notifications.create(
                PluginDomain("twins"), f"for {word['user']}", notification_id=notification,
                audience=owner.id,
            )  # fmt: skip
            self.ids[flat] = {
                **{kind: f"{kind}.{word['thing']}" for kind in ("light", "sensor", "camera", "todo")},
                "meter": f"sensor.{word['thing']}_meter",
                "helper": f"input_boolean.{word['helper']}", "area": area.id, "area_name": word["area"],
                "device_name": word["thing"].title(),
                "label": labels[flat].id, "device": light.device_id, "registry_id": light.id, "token": spare.token.id,
                "expiring": expiring.token.id, "user": owner.id, "notification": notification,
                "board": {"a": "everyone-board", "b": WORDS["house"]["board"]}[flat],
                "private": {"a": "", "b": "yes"}[flat], "only": {"a": "quince.marigold", "b": "quokka.vexillum"}[flat],
            }  # fmt: skip
            self.hub.rooms.states.set(EntityId(self.ids[flat]["only"]), "on", {})
            state = self.hub.rooms.states.get(light.entity_id)
            assert state is not None
            self.hub.rooms.states.set(state.entity_id, "on", state.attributes)  # recorded where it is now
        await self.add("admin", "owner", "admin", None, is_owner=True)
        await self.add("read-only", "guest", "read-only", FLATS["a"])
        await self.add("homeless", "homeless", "resident", None)
        await self._hang_up_a_screen()
        await self._make_more()
        self.house = [*WORDS["house"].values(), *LABELS.values(), floor.id, category.id]
        self.hub.rooms.issues.raise_issue(
            CORE, f"about-{WORDS['b']['thing']}", severity=Severity.WARNING, message=Message("issues.one")
        )

    async def _hang_up_a_screen(self) -> None:
        """A token for the wall of flat A: an administrator's, narrowed to what is there, with every permission that
        is not about the house."""
        only = frozenset(self.ids["a"][kind] for kind in ("light", "sensor", "camera", "todo", "helper"))
        scope = Scope(entity_ids=only, permissions=frozenset(PERMISSIONS) - OF_THE_HOUSE)
        made = await self.hub.rooms.auth.tokens.create_long_lived(
            self.users["admin"].id, client_name="screen", lifespan_days=1, actor=COMMAND_ACTOR, scope=scope
        )
        self.users["screen"], self.tokens["screen"] = self.users["admin"], made.access_token

    async def _make_more(self) -> None:
        """What an administrator has made on a screen: a helper in each flat, a dashboard for all and a private one."""
        line = await self.connect("admin")
        for flat, place in FLATS.items():
            made = await line.ask("input_boolean/create", {"name": f"{WORDS[flat]['helper']} kept"})
            self.ids[flat]["kept"] = json.loads(made.raw)["result"]["id"]
            await self.hub.rooms.registries.entities.update(f"input_boolean.{self.ids[flat]['kept']}", place=place)
            path, private = self.ids[flat]["board"], bool(self.ids[flat]["private"])
            board = {"url_path": path, "title": path, "require_admin": private}
            assert (await line.ask("lovelace/dashboards/create", board)).outcome == "ok"
            assert (
                await line.ask("lovelace/config/save", {"url_path": path, "config": {"title": path}})
            ).outcome == "ok"
        await line.ws.close()

    async def add(self, who: str, name: str, role: str, place: PlaceId | None, **more: Any) -> None:
        """Somebody, and a token."""
        auth = self.hub.rooms.auth
        places = (place,) if place else ()
        user = await auth.users.create(name, role=role, username=name, places=places, actor=COMMAND_ACTOR, **more)
        grant = await auth.tokens.create_long_lived(user.id, client_name=name, lifespan_days=1, actor=COMMAND_ACTOR)
        self.users[who], self.tokens[who] = user, grant.access_token

    def secrets(self, flat: str) -> list[str]:
        """Every word that says something of this flat, or of the house."""
        if flat == "house":
            return self.house
        opaque = [self.ids[flat][kind] for kind in ("device", "registry_id", "token", "user")]
        chore = {"a": "dusting", "b": "thimblerig"}[flat]
        return [*WORDS[flat].values(), FLATS[flat], chore, *opaque]

    def tells(self, raw: str, flat: str = "b", *, said: Any = None) -> list[str]:
        """Which words of the flat stand in an answer, beside those that the question itself ``said``."""
        asked = json.dumps(said, default=str).lower()
        return [word for word in self.secrets(flat) if word.lower() in raw.lower() and word.lower() not in asked]

    def aimed(self, value: Any, flat: str | None) -> Any:
        """``value`` with ``{area}`` … replaced by that of the flat, or by what never existed (None)."""
        known = ABSENT if flat is None else self.ids[flat]
        if isinstance(value, str):
            return re.sub(r"\{(\w+)\}", lambda found: known.get(found[1], found[0]), value)
        if isinstance(value, Mapping):
            return {self.aimed(key, flat): self.aimed(each, flat) for key, each in value.items()}
        return [self.aimed(each, flat) for each in value] if isinstance(value, list) else value

    async def rest(self, who: str, method: str, path: str, body: Any = None) -> Answer:
        """One request; status, headers and body are the answer."""
        headers = {"Authorization": f"Bearer {self.tokens[who]}"} if who in self.tokens else {}
        sent = {} if body is None else {"json": json.loads(body) if isinstance(body, str) else body}
        async with self.http.request(method, self.url + path, headers=headers, allow_redirects=False, **sent) as answer:
            if answer.content_type == "text/event-stream":
                return Answer("stream", "")
            text = await answer.text(errors="replace")
            kept = {name: value for name, value in answer.headers.items() if name not in ("Date", "Content-Length")}
            return Answer(of_status(answer.status, text), f"{answer.status} {kept} {text}")

    async def connect(self, who: str) -> "Line":
        """A socket on which somebody has logged in."""
        ws = await self.http.ws_connect(self.url + "/api/websocket", max_msg_size=0)
        await ws.receive_json()
        await ws.send_json({"type": "auth", "access_token": self.tokens[who]})
        assert (await ws.receive_json())["type"] == "auth_ok"
        return Line(ws)


class Line:
    """One socket; everything that came on it is kept."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws
        self.heard: list[str] = []
        self.last_id = 0

    async def ask(self, type: str, fields: Mapping[str, Any] | None = None) -> Answer:
        """One command and its answer; what comes before it is kept in ``heard``."""
        self.last_id += 1
        await self.ws.send_json({"id": self.last_id, "type": type, **(fields or {})})
        while True:
            raw = await self.ws.receive_str(timeout=10)
            message = json.loads(raw)
            if message["type"] in ("result", "pong") and message["id"] == self.last_id:
                return Answer(of_result(message), raw.replace(f'"id":{self.last_id},', "", 1))
            self.heard.append(raw)


def of_status(status: int, text: str) -> str:
    """The class of an HTTP answer."""
    if status in (200, 201):
        return "empty" if text in ("[]", "{}") else "ok"
    return {400: "invalid", 401: "401", 403: "forbidden", 404: "not_found"}.get(status, str(status))


def of_result(message: Mapping[str, Any]) -> str:
    """The class of a command's answer: what it found, or its code."""
    if message["type"] == "pong":
        return "ok"
    if message["success"]:
        return "empty" if message["result"] in ([], {}) else "ok"
    code = str(message["error"]["code"])
    return {"unauthorized": "forbidden", "invalid_format": "invalid"}.get(code, code)


def alike(raw: str, asked: Mapping[str, str]) -> str:
    """An answer without the ids that were asked for, and without the cause that every call has for itself."""
    for word in sorted((word for kind, word in asked.items() if kind != "private"), key=len, reverse=True):
        raw = re.sub(rf"(?<![\w.]){re.escape(word)}(?![\w])", "ID", raw)
    return re.sub(r'"context":\{[^}]*\}', "", raw)
