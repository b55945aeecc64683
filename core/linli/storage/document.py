"""What a document is, what is asked of it, and what may be wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Value = dict[str, Any]
KIND_NAME: Final = re.compile(r"[a-z][a-z0-9_.]*\Z")
"""Also the name of a file."""


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """What is kept under one name: the version of its shape, and how an older or damaged value is met."""

    name: str
    schema_version: int = 1
    migrate: Callable[[int, Value], Value] | None = None
    """``(version, value)`` of an older row → value of the present shape; None: no older shape exists."""
    check: Callable[[str, Value], None] | None = None
    """Raises ValueError, TypeError, KeyError or LinliError when the value of a key cannot be right."""


@dataclass(frozen=True, slots=True)
class Document:
    """One document as it was read or written; ``revision`` goes up by one with every write, from 1."""

    kind: str
    key: str
    revision: int
    value: Value


@dataclass(frozen=True, slots=True)
class Put:
    """Write ``value``: if ``expected`` is the revision that stands (0: only if there is none), or always (None)."""

    kind: str
    key: str
    value: Value
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove a document, under the same condition; one that is not there is no error when ``expected`` is None."""

    kind: str
    key: str
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class Damage:
    """A document that could not be read: it was set aside, and its last good copy took its place, if there was one."""

    kind: str
    key: str
    reason: str
    restored: bool


@dataclass(frozen=True, slots=True)
class Copy:
    """A value and the version of its shape."""

    schema_version: int
    value: Value


class Loaded(dict[str, Document]):
    """The documents of a kind by key, and what had to be set aside on the way."""

    def __init__(self, found: Mapping[str, Document], damages: Sequence[Damage] = ()) -> None:
        super().__init__(found)
        self.damages = tuple(damages)
