"""Writing values as JSON, base64, bytes, hashes and URLs, and reading them back."""

import base64
import hashlib
import json
import struct
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode as to_query

import orjson

from linli.template.errors import bad_value, shown
from linli.template.scope import SCOPE

_OPTIONS: Final = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_NON_STR_KEYS


def _refused(value: Any) -> Any:
    raise bad_value("no_json_form", "to_json", value=shown(value))


def to_json(value: Any, ensure_ascii: Any = False, pretty_print: Any = False, sort_keys: Any = False) -> str:
    """The value as JSON; a moment or a state must be made a text or a list before."""
    if ensure_ascii:
        return json.dumps(
            value, ensure_ascii=True, indent=2 if pretty_print else None, sort_keys=bool(sort_keys), default=_refused
        )
    options = _OPTIONS | (orjson.OPT_INDENT_2 if pretty_print else 0) | (orjson.OPT_SORT_KEYS if sort_keys else 0)
    return orjson.dumps(value, _refused, options).decode()


def from_json(value: Any) -> Any:
    """The value that a JSON text holds."""
    try:
        return orjson.loads(str(value) if isinstance(value, str) else value)
    except orjson.JSONDecodeError as error:
        raise bad_value("no_json", "from_json", detail=str(error)) from error


def base64_encode(value: Any) -> str:
    """The text (as UTF-8), or the bytes, in base64."""
    return base64.b64encode(value if isinstance(value, bytes) else value.encode()).decode("ascii")


def base64_decode(value: Any, encoding: str | None = "utf-8") -> str | bytes:
    """What base64 holds: a text of that encoding, or bytes without one."""
    decoded = base64.b64decode(value)
    return decoded.decode(encoding) if encoding else decoded


def from_hex(value: str) -> bytes:
    """The bytes that pairs of hexadecimal digits name."""
    return bytes.fromhex(value)


def pack(value: Any, form: str) -> bytes | None:
    """The value as bytes of a form of Python's ``struct``; None where it does not fit."""
    try:
        SCOPE.get().meter.text(struct.calcsize(form))
        return struct.pack(form, value)
    except struct.error as error:
        SCOPE.get().warn("warning", f"pack: {error}")
        return None


def unpack(value: Any, form: str, offset: int = 0) -> Any:
    """The first value that bytes of that form hold from ``offset`` on; None where they hold none."""
    try:
        SCOPE.get().meter.text(struct.calcsize(form))
        return struct.unpack_from(form, value, offset)[0]
    except struct.error as error:
        SCOPE.get().warn("warning", f"unpack: {error}")
        return None


def urlencode(value: Any) -> bytes:
    """A mapping, or pairs, as the query of a URL."""
    return to_query(value).encode()


def _hash(name: str) -> Callable[[str], str]:
    def apply(value: str) -> str:
        return hashlib.new(name, value.encode(), usedforsecurity=False).hexdigest()

    apply.__name__ = name
    return apply


_BOTH: Final[dict[str, Callable[..., Any]]] = {name: _hash(name) for name in ("md5", "sha1", "sha256", "sha512")} | {
    "pack": pack,
    "unpack": unpack,
}
GLOBALS: Final[dict[str, Any]] = {**_BOTH, "urlencode": urlencode}
FILTERS: Final[dict[str, Callable[..., Any]]] = {
    **_BOTH, "to_json": to_json, "from_json": from_json, "base64_encode": base64_encode,
    "base64_decode": base64_decode, "from_hex": from_hex,
}  # fmt: skip
