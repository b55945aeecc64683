"""What no client should send: values that do not fit, frames that are no messages, and the commands to put them in."""

import random
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

REFERENCE: Final = Path(__file__).parents[2] / "docs/reference/websocket.md"
LEFT_OUT: Final = frozenset({"auth/delete_all_refresh_tokens"})
"""It would end the token that asks."""
NOT_LISTED: Final = frozenset({"config/auth_provider/homeassistant"})
"""Log-ins; they go with their users."""
Keys = list[tuple[str, str, bool]]
"""Of one command: name, what it takes, whether it is required."""
WORDS: Final = (
    "a", "light", "turn_on", "sensor.x", "light.kitchen", "系统", "é", "", " ", "None", "0", "mdi:home", "normal",
    "2024-01-01", "{{ states | count }}", "{% for", "//x", "../../etc/passwd", "%00", "<script>", "' OR 1=1 --",
)  # fmt: skip
ODD: Final[tuple[Callable[[random.Random], Any], ...]] = (
    lambda chance: None,
    lambda chance: chance.random() < 0.5,
    lambda chance: chance.choice((0, -1, 1, 2**31, 2**63, -(2**63) - 1, 10**300)),
    lambda chance: chance.choice((0.1, -0.0, 1e308, 5e-324)),
    lambda chance: word(chance),
    lambda chance: "x" * chance.choice((1, 64, 300, 20_000)),
    lambda chance: _letters(chance),
    lambda chance: [],
    lambda chance: {},
    lambda chance: [word(chance), None, 1],
    lambda chance: {
        word(chance): word(chance),
        "entity_id": chance.choice((None, [1], "all", "light.x")),
    },
    lambda chance: deep(chance.choice((5, 60))),
)
BODY_KEYS: Final = (
    *("state", "attributes", "force_update", "template", "variables", "entity_id", "domain", "name", "handler"),
    *("client_id", "redirect_uri", "grant_type", "refresh_token", "token", "code", "secret", "password", "flow_id"),
)
BROKEN: Final = (
    b"", b"{", b"null", b"[]", b"5", b'"x"', b"\xff\xfe", b'{"id": 1', b'{"id": "1", "type": "ping"}', b"[" * 20_000,
    b'{"a":' * 20_000, b'{"state": "\xed\xa0\x80"}', b'{"state": "\\ud800"}', b'{"id": 1e400}', b"NaN", b"\x00" * 50,
    b'{"type": "ping"}', b'{"id": -1, "type": "ping"}', b'{"id": 99999999999999999999, "type": "ping"}',
)  # fmt: skip


def _letters(chance: random.Random) -> str:
    return "".join(chr(chance.randrange(0xD800)) for _ in range(chance.randrange(12)))


def word(chance: random.Random) -> str:
    """One that was never used before now and then: a table that keeps what it was asked for shall grow."""
    if chance.random() < 0.3:
        return f"{chance.choice(('', 'light.', 'sensor.'))}{chance.getrandbits(48):x}{'x' * chance.choice((0, 0, 150))}"
    return chance.choice(WORDS)


LONG: Final = 1_000
KEPT_BY: Final = {"frontend/set_user_data": "key"}
"""What a command keeps, and nobody can take away, by the key of its name."""
NAMES: Final = tuple(
    text for number in range(50) if (text := (word if number % 2 else _letters)(random.Random(number))).strip()
)


def deep(depth: int) -> Any:
    """A list in a list in a list …"""
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


def commands() -> dict[str, Keys]:
    """Every command of the reference with its keys."""
    text = REFERENCE.read_text(encoding="utf-8")
    found: dict[str, Keys] = {
        name: [] for name in re.findall(r"^\| `([\w/]+)` \| (?:users|administrators) ", text, re.MULTILINE)
    }
    for section in text.split("\n## ")[1:]:
        rows = re.findall(r"^\| `([\w]+)` \| (.*?) \| (\w[^|]*?) \|", section, re.MULTILINE)
        found[section.split("\n", 1)[0]] = [(key, takes, required == "yes") for key, takes, required in rows]
    return {name: keys for name, keys in found.items() if name not in LEFT_OUT}


def made_by(known: Mapping[str, Keys]) -> dict[str, str]:
    """What clients make, list and throw away with one key: that key by the name before ``/create``."""
    found = {}
    for name, keys in known.items():
        base, _, last = name.rpartition("/")
        required = [key for key, _, is_required in keys if is_required]
        if last == "delete" and f"{base}/create" in known and len(required) == 1:
            found[base] = required[0]
    return {base: key for base, key in found.items() if base not in NOT_LISTED}


def fitting(takes: str, chance: random.Random) -> Any:
    """A value that the reference allows, mostly."""
    if takes.startswith("one of "):
        return chance.choice(takes.removeprefix("one of ").split(", "))
    if takes.startswith(("text", "``")) or "entity id" in takes:
        return word(chance)
    if takes.startswith("true"):
        return chance.random() < 0.5
    if "number" in takes:
        return chance.choice((0, 1, 5))
    if "list" in takes:
        return [word(chance)]
    return {"entity_id": word(chance)}


def odd(chance: random.Random) -> Any:
    """A value that hardly anything takes."""
    return chance.choice(ODD)(chance)


def message(name: str, keys: Keys, chance: random.Random) -> dict[str, Any]:
    """A command, its keys with values that fit mostly, and now and then one that it does not have."""
    made: dict[str, Any] = {}
    for key, takes, required in keys:
        if (required and chance.random() < 0.9) or chance.random() < 0.4:
            made[key] = fitting(takes, chance) if chance.random() < 0.7 else odd(chance)
    if chance.random() < 0.05:
        made[word(chance)] = odd(chance)
    return {**made, "type": name}


def named(made: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """What is made is called one of :data:`NAMES`: the hub remembers removed entities for 30 days, the recorder what
    was as long as its rows, and a user's screens what they keep, each within its own bounds; a run that calls all
    anew would weigh that.
    """
    key = KEPT_BY.get(made["type"], "name" if made["type"].endswith("/create") else "")
    called = made.get(key)
    if isinstance(called, str) and 0 < len(called) < LONG:
        made[key] = chance.choice(NAMES)
    return made


def filled(path: str, chance: random.Random) -> str:
    """An address with something in its braces."""
    return re.sub(r"\{(\w+)\}", lambda _: word(chance) or "x" * 300, path)


def query(chance: random.Random) -> Mapping[str, str] | None:
    """Mostly none."""
    return {word(chance) or "q": word(chance)} if chance.random() < 0.3 else None
