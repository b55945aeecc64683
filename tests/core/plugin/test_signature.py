"""What a hook takes and gives, in its author's words."""

from typing import TYPE_CHECKING, Annotated, Literal

import pytest

from linli.plugin.hooks import Answer, hookspec
from linli.plugin.signature import readable_signature

if TYPE_CHECKING:
    from collections.abc import Mapping

    from linli import ConfigEntry


@hookspec
def alias(attempt: str) -> Answer[bool]: ...


@hookspec
def quoted(entry: "ConfigEntry", *, facts: "Mapping[str, list[int]]", more: list["ConfigEntry"]) -> "Answer[str]": ...


def words(how: Literal["fast", "slow"] = "fast", unit: Annotated[int, "in seconds"] = 3, *rest: str) -> None: ...


async def waits(word): ...


@pytest.mark.parametrize(
    ("function", "shown"),
    [
        (alias, "alias(attempt: str) -> Answer[bool]"),
        (
            quoted,
            "quoted(entry: ConfigEntry, *, facts: Mapping[str, list[int]], more: list[ConfigEntry]) -> Answer[str]",
        ),
        (
            words,
            "words(how: Literal['fast', 'slow']='fast', unit: Annotated[int, 'in seconds']=3, *rest: str) -> None",
        ),
        (waits, "waits(word)"),
    ],
    ids=["an alias keeps its name", "quotes around types go", "text stays text", "no type, no colon"],
)
def test_a_signature_reads_as_it_was_written(function, shown):
    assert readable_signature(function) == shown


def test_without_source_python_says_what_it_knows():
    namespace: dict[str, object] = {}
    exec("def made(word: str) -> int: ...", namespace)
    assert readable_signature(namespace["made"]) == "made(word: str) -> int"  # type: ignore[arg-type]


def test_a_lambda_has_no_definition_to_read():
    assert readable_signature(lambda word: word) == "<lambda>(word)"
