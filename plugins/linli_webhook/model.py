"""What a webhook trigger says, and what of a request its variables tell. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

import voluptuous as vol

from linli import form_parts, is_local, loads_sent
from linli import schema as sv

METHODS: Final = ("GET", "HEAD", "POST", "PUT")
MOST_FIELDS: Final = 1000
"""Of a form or a query."""
TRIGGER: Final = vol.Schema(
    {
        vol.Required("webhook_id"): sv.string,
        vol.Optional("allowed_methods", default=["POST", "PUT"]): vol.All(
            sv.ensure_list(vol.All(str, vol.Upper, vol.In(METHODS)))
        ),
        vol.Optional("local_only", default=True): bool,
    }
)


class Unreadable(Exception):
    """The body is not what its kind promises."""


@dataclass(frozen=True, slots=True)
class Hook:
    """One trigger that waits at a webhook."""

    webhook_id: str
    methods: frozenset[str]
    local_only: bool
    name: str
    """Of the rule, for people."""

    @classmethod
    def of(cls, config: Mapping[str, Any], name: str) -> "Hook":
        """As it is written; raises vol.Invalid."""
        given = TRIGGER(dict(config))
        return cls(given["webhook_id"], frozenset(given["allowed_methods"]), given["local_only"], name)

    def admits(self, method: str, remote: str) -> bool:
        """Whether a call by that method from that address is for it."""
        return method in self.methods and (not self.local_only or is_local(remote))


@dataclass(frozen=True, slots=True)
class Sent:
    """What came with a call."""

    content_type: str = ""
    body: bytes = b""
    query: Mapping[str, str] | str = ""

    def variables(self) -> dict[str, Any]:
        """``json`` or ``data``, and ``query``, as Home Assistant tells them. Raises Unreadable."""
        query = _first(_pairs(self.query)) if isinstance(self.query, str) else dict(self.query)
        if "json" in self.content_type:
            return {"json": _json(self.body), "query": query}
        return {"data": self._form(), "query": query}

    def _form(self) -> dict[str, Any]:
        """The fields of a form; what is none has no fields."""
        kind = self.content_type.partition(";")[0].strip().lower()
        if kind == "application/x-www-form-urlencoded":
            return _first(_pairs(self.body.decode(errors="replace").rstrip()))
        if kind == "multipart/form-data":
            return _first(_parts(self.content_type, self.body))
        return {}


def _json(body: bytes) -> Any:
    try:
        return loads_sent(body)
    except ValueError as error:
        raise Unreadable("no JSON in UTF-8") from error


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise Unreadable("too many fields") from error


def _first(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Of a name that comes twice, the first counts."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        found.setdefault(name, value)
    return found


def _parts(content_type: str, body: bytes) -> list[tuple[str, Any]]:
    """Texts as they are; of a file what it is called, its kind and its size."""
    fields: list[tuple[str, Any]] = []
    try:
        for headers, name, content in form_parts(content_type, body, MOST_FIELDS):
            filename = headers.get_filename()
            if filename is None:
                fields.append((name, content.decode(errors="replace")))
            else:
                about = {"filename": filename, "content_type": headers.get_content_type(), "size": len(content)}
                fields.append((name, about))
    except ValueError as error:
        raise Unreadable("no form in parts") from error
    return fields
