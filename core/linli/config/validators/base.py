"""What every ``sv.*`` is: a callable object that checks one value and describes itself to editors, forms and docs."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar, Self, TypeAlias

import voluptuous as vol

from linli.config.phrases import Phrase, phrase, shown

Json: TypeAlias = dict[str, Any]
Child: TypeAlias = tuple[tuple[str | int, ...], Any, Any]
"""A part of a value: the steps to it, what a schema holds for it, and the part itself."""


class Refusal(vol.Invalid):
    """A value that does not fit, as a translation key with parameters; the message is its English form."""

    def __init__(self, key: str, path: Iterable[str | int] = (), **parameters: Any) -> None:
        self.phrase = Phrase(key, parameters)
        super().__init__(self.phrase.text(), list(path))


class _Compile:
    """Lets a schema hold the class itself (``sv.integer``) where it means the bare instance (``sv.integer()``)."""

    def __get__(self, instance: "Validator | None", owner: "type[Validator]") -> Callable[[vol.Schema], Any]:
        return (owner() if instance is None else instance).compile


class Made:
    """What a validator was made with, so that another process can make it again."""

    __slots__ = ("arguments", "named")

    def __init__(self, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        self.arguments = arguments
        self.named = named


class Validator:
    """A pure function from what was written to a value, which raises :class:`Refusal` with what it expected.

    Subclasses give ``check`` (or ``__call__``), ``example``, ``json_schema``, ``selector`` and ``expects``. What a
    validator returns passes it again unchanged, so that data may be checked twice.
    """

    example: Any
    """Something that passes, as one would write it."""
    references: ClassVar[str | None] = None
    """What the value names, where it names something that must exist (``entity``, ``area``, ``plugin``, ``file`` …)."""
    private: bool = False
    """The value may be personal: an error does not repeat it."""

    made: Made
    """Set before ``__init__`` runs."""

    def __new__(cls, *arguments: Any, **named: Any) -> Self:
        made = super().__new__(cls)
        made.made = Made(arguments, named)
        return made

    __voluptuous_compile__ = _Compile()

    def compile(self, schema: vol.Schema) -> Callable[[list[Any], Any], Any]:
        """What voluptuous runs; validators made of others compile those instead."""
        return self._run

    def _run(self, path: list[Any], value: Any) -> Any:
        try:
            return self(value)
        except vol.Invalid as error:
            error.prepend(path)
            raise

    def __call__(self, value: Any) -> Any:
        """The value that was meant; raises :class:`Refusal`."""
        raise NotImplementedError

    def json_schema(self) -> Json:
        """What an editor may know of it: JSON Schema, valid in draft-07 and 2020-12 alike."""
        raise NotImplementedError

    def selector(self) -> Json:
        """The form field, in the words of Home Assistant's selectors."""
        raise NotImplementedError

    def expects(self) -> Phrase:
        """What is expected, as a noun: "a port number (1 to 65535)"."""
        raise NotImplementedError

    def children(self, value: Any) -> Iterator[Child]:
        """The parts of ``value`` with the validators that look at them: (steps, validator, part)."""
        return iter(())

    def inner(self) -> Any:
        """The validator that this one only adds something to, if so."""
        return None

    def refuse(self, value: Any, key: str = "expected", **parameters: Any) -> Refusal:
        """The refusal of ``value``: "expected …, got …"."""
        if key == "expected" and (self.private or value is _Broken.BROKEN):
            key = "expected_only"
        return Refusal(key, expected=self.expects(), got="" if self.private else shown(value), **parameters)

    def __repr__(self) -> str:
        return f"sv.{type(self).__name__}"


class _Broken:
    """Stands where a file could not be read: it passes nothing and is reported already."""

    BROKEN: ClassVar["_Broken"]

    def __repr__(self) -> str:
        return "BROKEN"

    def __bool__(self) -> bool:
        return False


_Broken.BROKEN = _Broken()
BROKEN = _Broken.BROKEN


def finite(value: int | float) -> bool:
    """Whether it is an ordinary number: neither infinite nor of hundreds of digits."""
    return value.bit_length() < 1000 if isinstance(value, int) else math.isfinite(value)


def validator_of(candidate: Any) -> Any:
    """``candidate``, or its bare instance where a schema holds the validator's class."""
    return candidate() if isinstance(candidate, type) and issubclass(candidate, Validator) else candidate


def checker(candidate: Any) -> Callable[[Any], Any]:
    """A function that checks one value against anything a schema may hold, and reports all its mistakes."""
    candidate = part_of(candidate)
    return candidate if isinstance(candidate, Validator | vol.Schema) else vol.Schema(candidate)


def part_of(candidate: Any) -> Any:
    """``candidate`` as a part of a validator: made thorough, see :func:`linli.config.validators.thorough.thorough`."""
    candidate = validator_of(candidate)
    if isinstance(candidate, Validator):
        return candidate
    # Imported here: lists and choices are validators themselves, and take their parts by this function.
    from linli.config.validators.thorough import thorough

    return thorough(candidate)


def errors_of(error: vol.Invalid) -> list[vol.Invalid]:
    """All mistakes that one exception stands for."""
    return list(error.errors) if isinstance(error, vol.MultipleInvalid) else [error]


def expected_of(candidate: Any) -> Phrase | str:
    """What anything a schema may hold expects, as a noun."""
    candidate = validator_of(candidate)
    if isinstance(candidate, Validator):
        return candidate.expects()
    if isinstance(candidate, vol.Schema):
        return expected_of(candidate.schema)
    if isinstance(candidate, Mapping):
        return phrase("map")
    if isinstance(candidate, list):
        return phrase("list")
    if isinstance(candidate, vol.Any):
        return phrase("either", options=tuple(expected_of(item) for item in candidate.validators))
    if isinstance(candidate, vol.All):
        return expected_of(candidate.validators[0]) if candidate.validators else phrase("other_value")
    if isinstance(candidate, type):
        return _TYPES.get(candidate) or phrase("other_value")
    if isinstance(candidate, str | int | float | bool) or candidate is None:
        return shown(candidate)
    return phrase("other_value")


_TYPES: dict[type, Phrase] = {
    str: phrase("text"),
    int: phrase("integer"),
    float: phrase("number"),
    bool: phrase("boolean"),
    dict: phrase("map"),
    list: phrase("list"),
}
