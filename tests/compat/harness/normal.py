"""Takes out of an answer what differs from one start to the next: ids, times, tokens, addresses, versions.

Each taken value leaves a numbered placeholder, so that "the same id as before" stays visible in the recording.
"""

import re
from collections.abc import Mapping
from typing import Any

_TIME = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)"
_PATTERNS = (
    ("time", re.compile(_TIME)),
    # linli's own secrets, in the order of the originals whose place they take: bearers and signatures, refresh tokens,
    # codes and flows
    ("jwt", re.compile(r"eyJ[\w-]{5,}\.[\w-]+\.[\w-]+|\bll[al]_[\w-]{43}|\b\d+\.[0-9A-Z]{26}\.[\w-]{43}")),
    ("token", re.compile(r"\b[0-9a-f]{64,128}\b|\bllr_[\w-]{43}")),
    ("hex", re.compile(r"\b[0-9a-f]{32}\b|\bll[fc]_[\w-]{43}")),
    ("ulid", re.compile(r"\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b")),
)
_GIVEN = re.compile(r" Got \{.*\}$", re.DOTALL)  # a refused map, told with keys in any order
_TIME_FIELDS = frozenset({"created_at", "modified_at", "lc", "lu", "timestamp", "last_changed", "last_updated"})
_VERSION_FIELDS = frozenset({"ha_version", "version"})


class Normaliser:
    """One per case: it remembers which id came first. ``known`` maps values of this run (its address) to names."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = sorted(known.items(), key=lambda item: -len(item[0]))
        self._seen: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = {}

    def __call__(self, value: Any, field: str = "") -> Any:
        """The value with placeholders; ``field`` is the key under which it stands."""
        if isinstance(value, dict):
            return {self._text(key): self(item, key) for key, item in value.items()}
        if isinstance(value, list):
            return [self(item, field) for item in value]
        if isinstance(value, str):
            if field in _VERSION_FIELDS and value[:1].isdigit():
                return "<version>"
            return self._text(_GIVEN.sub(" Got <map>", value) if field == "message" else value)
        if isinstance(value, float) and field in _TIME_FIELDS:
            return "<seconds>"
        return value

    def _text(self, text: str) -> str:
        for known, name in self._known:
            text = text.replace(known, f"<{name}>")
        for kind, pattern in _PATTERNS:
            text = pattern.sub(lambda found, kind=kind: self._placeholder(kind, found[0]), text)
        return text

    def _placeholder(self, kind: str, value: str) -> str:
        if kind == "time":  # equal only by chance
            return "<time>"
        if (kind, value) not in self._seen:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._seen[kind, value] = f"<{kind} {self._counts[kind]}>"
        return self._seen[kind, value]
