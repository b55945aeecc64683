"""What a report says, kept as translation keys with parameters and rendered for the reader at the edge."""

import difflib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final, TypeAlias

DEFAULT_LANGUAGE: Final = "en"
SHOWN_LENGTH: Final = 60
MAX_GUESSED_LENGTH: Final = 100
"""Matching is quadratic in the length; longer words get no guess."""
MAX_COMPARED: Final = 2000
"""Of more names than this, only those with the same first letters are compared."""

Lookup: TypeAlias = Callable[[str, str], str | None]
"""(language, key) → text of a key that is not the core's own, such as a plugin's."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A translation key with its parameters; a parameter may be a phrase again, or a tuple (joined by commas)."""

    key: str
    parameters: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def text(self, language: str = DEFAULT_LANGUAGE, lookup: Lookup | None = None) -> str:
        """The sentence in ``language``; English where that language lacks the key."""
        template = lookup(language, self.key) if lookup else None
        if template is None:
            template = _texts(language).get(self.key) or _texts(DEFAULT_LANGUAGE).get(self.key)
        if template is None:
            return str(self.parameters.get("message", self.key))
        return template.format_map({name: _spoken(value, language, lookup) for name, value in self.parameters.items()})


def phrase(key: str, **parameters: Any) -> Phrase:
    """Short form of :class:`Phrase`."""
    return Phrase(key, parameters)


def languages() -> tuple[str, ...]:
    """The languages that the core speaks."""
    folder = files("linli.config").joinpath("translations")
    return tuple(sorted(item.name.removesuffix(".json") for item in folder.iterdir() if item.name.endswith(".json")))


def joined(options: Iterable[object], limit: int = 12) -> str:
    """A readable list, cut after ``limit``; the separators suit both languages."""
    names = [str(option) for option in options]
    return ", ".join(names[:limit]) + (" …" if len(names) > limit else "")


def similar(word: object, known: Iterable[object]) -> str | None:
    """The known name that ``word`` was probably meant to be."""
    if not isinstance(word, str) or len(word) > MAX_GUESSED_LENGTH:
        return None
    names = {str(name).casefold(): str(name) for name in known}
    if len(names) > MAX_COMPARED:
        start = word.casefold()[:3]
        names = {folded: name for folded, name in names.items() if folded.startswith(start)}
    found = difflib.get_close_matches(word.casefold(), names, n=1, cutoff=0.6)
    return names[found[0]] if found else None


def did_you_mean(word: object, known: Iterable[object]) -> Phrase | str:
    """The tail of a sentence: " (did you mean …?)", or nothing where nothing is near."""
    guess = similar(word, known)
    return phrase("did_you_mean", guess=guess) if guess else ""


def shown(value: object) -> Phrase | str:
    """A value as a report quotes it: short, on one line, containers by their kind only."""
    if value is None:
        return phrase("got_nothing")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and value.bit_length() > 200:
        return phrase("got_huge")  # Python refuses to spell an integer of thousands of digits
    if isinstance(value, Mapping):
        return phrase("got_map")
    if isinstance(value, list | tuple | set | frozenset):
        return phrase("got_list")
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)
    return text if len(text) <= SHOWN_LENGTH else text[: SHOWN_LENGTH - 1] + "…"


def _spoken(value: Any, language: str, lookup: Lookup | None) -> Any:
    if isinstance(value, Phrase):
        return value.text(language, lookup)
    if isinstance(value, tuple):
        return ", ".join(str(_spoken(part, language, lookup)) for part in value)
    return value


@cache
def _texts(language: str) -> Mapping[str, str]:
    """One language's texts; an unknown one has none, so English is read."""
    source = files("linli.config").joinpath("translations", f"{language}.json")
    if "/" in language or not source.is_file():
        return {}
    texts: dict[str, str] = json.loads(source.read_text("utf-8"))
    return texts
