"""libyaml's complaints in words that help, at the place where the mistake is."""

from typing import Any, Final

import yaml

from linli.config.position import Position
from linli.config.problem import Problem

_KNOWN: Final = (
    ("cannot start any token", "yaml_token"),
    ("mapping values are not allowed", "yaml_colon"),
    ("could not find expected ':'", "yaml_missing_colon"),
    ("unexpected end of stream", "yaml_unclosed_quote"),
    ("did not find expected ',' or", "yaml_unclosed_bracket"),
    ("did not find expected key", "yaml_indentation"),
    ("did not find expected '-' indicator", "yaml_indentation"),
    ("block sequence entries are not allowed", "yaml_indentation"),
    ("found unknown escape character", "yaml_escape"),
)


def syntax_problem(error: yaml.YAMLError, data: bytes, file: str) -> Problem:
    """One problem for a file that is no YAML."""
    if isinstance(error, yaml.MarkedYAMLError):
        said = error.problem or ""
        mark: Any = error.problem_mark or error.context_mark
        key = next((known for part, known in _KNOWN if part in said), "yaml_broken")
        if key in ("yaml_unclosed_quote", "yaml_unclosed_bracket") and error.context_mark is not None:
            mark = error.context_mark
        position = Position(file, mark.line + 1, mark.column + 1) if mark else Position(file, 1, 1)
        if key == "yaml_token" and _line(data, position.line)[position.column - 1 :][:1] == "\t":
            key = "yaml_tab"
        return Problem(key, {"message": said}, position)
    if isinstance(error, yaml.reader.ReaderError):
        return Problem(
            "yaml_character", {"code": f"U+{_code(error.character):04X}"}, _place(data, error.position, file)
        )
    return Problem("yaml_broken", {"message": str(error).splitlines()[0]}, Position(file, 1, 1))


def undecodable(data: bytes, error: UnicodeDecodeError, file: str) -> Problem:
    """A file that is no UTF-8: the place of its first bad byte."""
    return Problem("not_utf8", {"byte": f"0x{data[error.start]:02X}"}, _place(data, error.start, file))


def _place(data: bytes, at: int, file: str) -> Position:
    before = data[:at]
    start = before.rfind(b"\n") + 1
    column = len(before[start:].decode("utf-8", "replace")) + 1
    return Position(file, before.count(b"\n") + 1, column)


def _line(data: bytes, number: int) -> str:
    lines = data.decode("utf-8", "replace").splitlines()
    return lines[number - 1] if 0 < number <= len(lines) else ""


def _code(character: object) -> int:
    return character if isinstance(character, int) else ord(str(character)[:1] or "\0")
