"""A blueprint as it comes from the internet: a file, a gist, or a post of the forum with a block of code in it."""

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any, Final

from linli_blueprint.places import Kind, Place, name_of
from linli_blueprint.reading import LARGEST, Unreadable, read

MOST_BLOCKS: Final = 50


class NotFoundThere(ValueError):
    """What was fetched holds no blueprint; the message says why."""


class _Code(HTMLParser):
    """Collects the text of blocks of code."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[str] = []
        self._within = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "code" and len(self.blocks) < MOST_BLOCKS:
            self._within = True
            self.blocks.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "code":
            self._within = False

    def handle_data(self, data: str) -> None:
        if self._within:
            self.blocks[-1] += data


def unwrapped_as(kind: str, name: str, fetched: bytes) -> tuple[str, str]:
    """:func:`unwrapped` with a place in plain values; for ``ctx.run_killable``."""
    return unwrapped(Place("", Kind(kind), name), fetched)


def unwrapped(place: Place, fetched: bytes) -> tuple[str, str]:
    """What it may be called, and its text. Raises NotFoundThere."""
    try:
        text = fetched.decode("utf-8")
        if place.kind is Kind.FILE and len(fetched) > LARGEST:
            raise NotFoundThere(f"it is larger than {LARGEST // 1024} KB")
        if place.kind is Kind.FILE:
            return place.name, text
        found = json.loads(text)
        name, candidates = (_of_gist if place.kind is Kind.GIST else _of_topic)(found)
    except NotFoundThere:
        raise
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise NotFoundThere("what was found there is not what was expected") from error
    for file, candidate in candidates:
        if _is_blueprint(candidate):
            return name_of(name, file), candidate
    raise NotFoundThere("No valid blueprint found there")


def _of_gist(found: Any) -> tuple[str, Iterator[tuple[str, str]]]:
    owner = (found.get("owner") or {}).get("login") or "gist"
    files = [(name, file["content"]) for name, file in found["files"].items() if name.endswith((".yaml", ".yml"))]
    return str(owner), ((name.rpartition(".")[0], str(content)) for name, content in files)


def _of_topic(found: Any) -> tuple[str, Iterator[tuple[str, str]]]:
    post = found["post_stream"]["posts"][0]
    code = _Code()
    code.feed(str(post["cooked"]))
    code.close()
    return str(post["username"]), ((str(found["slug"]), block) for block in code.blocks)


def _is_blueprint(text: str) -> bool:
    try:
        data = read(text)
    except Unreadable:
        return False
    return isinstance(data, dict) and "blueprint" in data
