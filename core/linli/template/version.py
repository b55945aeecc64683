"""Version numbers that compare as people mean them: 2024.9 < 2024.10, 1.0b2 < 1.0, stable < dev."""

import re
from typing import Any, Final

from linli.template.errors import bad_value, shown

_FORM: Final = re.compile(
    r"(?P<numbers>\d+(?:\.\d+)*)(?:[.\-_]?(?P<stage>alpha|beta|dev|rc|a|b|d)[.\-]?(?P<number>\d*))?(?:[-+][0-9A-Za-z.\-+]*)?",
    re.ASCII,
)
_STAGES: Final = {"d": 0, "dev": 0, "a": 1, "alpha": 1, "b": 2, "beta": 2, "rc": 3}
_CHANNELS: Final = {"stable": 1, "beta": 2, "latest": 3, "dev": 4}
_FINAL: Final = 4


class Version(str):
    """A version; also the text that it was made of, without a ``v`` in front when it is compared."""

    __slots__ = ()

    def __new__(cls, value: Any) -> "Version":
        return super().__new__(cls, str(value).strip().removesuffix("."))

    @property
    def string(self) -> str:
        """The text without its prefix."""
        return self[len(self.prefix or "") :]

    @property
    def prefix(self) -> str | None:
        return next((prefix for prefix in ("v.", "V.", "v", "V") if self.startswith(prefix)), None)

    def _match(self) -> re.Match[str] | None:
        text = str.__str__(self.string)
        return _FORM.fullmatch(text) if len(text) <= 100 else None

    def _numbers(self) -> tuple[int, ...]:
        match = self._match()
        return tuple(int(number) for number in match["numbers"].split(".")) if match is not None else ()

    def _key(self) -> tuple[int, tuple[int, ...], int, int] | None:
        """What is compared: channel, numbers without closing zeros, stage, number of the stage."""
        if (channel := _CHANNELS.get(self.string)) is not None:
            return (channel, (), 0, 0)
        if (match := self._match()) is None:
            return None
        numbers = list(self._numbers())
        while numbers and numbers[-1] == 0:
            numbers.pop()
        return (0, tuple(numbers), _STAGES.get(match["stage"] or "", _FINAL), int(match["number"] or 0))

    @property
    def valid(self) -> bool:
        """Whether it has the form of a version, so that it can be compared."""
        return self._key() is not None

    @property
    def sections(self) -> int:
        return len(self._numbers())

    def section(self, index: int) -> int:
        """One of the numbers, 0 where there is none."""
        numbers = self._numbers()
        return numbers[index] if 0 <= index < len(numbers) else 0

    def _part(self, index: int) -> "Version | None":
        numbers = self._numbers()
        return Version(numbers[index]) if index < len(numbers) else None

    @property
    def major(self) -> "Version | None":
        return self._part(0)

    @property
    def minor(self) -> "Version | None":
        return self._part(1)

    @property
    def patch(self) -> "Version | None":
        return self._part(2)

    micro = patch
    year = major

    @property
    def modifier(self) -> str | None:
        """What follows the numbers: ``b2``, ``rc1``."""
        match = self._match()
        return None if match is None or match["stage"] is None else match["stage"] + match["number"]

    @property
    def modifier_type(self) -> str | None:
        match = self._match()
        return None if match is None else match["stage"]

    @property
    def alpha(self) -> bool:
        return self.modifier_type in ("a", "alpha")

    @property
    def beta(self) -> bool:
        return self.modifier_type in ("b", "beta") or self.string == "beta"

    @property
    def dev(self) -> bool:
        return self.modifier_type in ("d", "dev") or self.string == "dev"

    @property
    def release_candidate(self) -> bool:
        return self.modifier_type == "rc"

    @property
    def simple(self) -> bool:
        """Numbers and points only."""
        return self.replace(".", "").isdigit()

    def in_range(self, lowest: object, highest: object) -> bool:
        """Whether it lies between the two, or is one of them."""
        return Version(lowest) <= self <= Version(highest)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (str, int, float)):
            raise bad_value("no_version", "version", value=shown(other))
        return str.__eq__(self.string, Version(other).string)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self.string)

    def _compared(self, other: object) -> int:
        """-1, 0 or 1; an error for what has not the form of a version, unless both say the same."""
        theirs = other if isinstance(other, Version) else Version(other)
        if self == theirs:
            return 0
        mine, its = self._key(), theirs._key()
        if mine is None or its is None:
            raise bad_value("no_version", "version", value=shown(str(self if mine is None else theirs)))
        return (mine > its) - (mine < its)

    def __lt__(self, other: object) -> bool:
        return self._compared(other) < 0

    def __gt__(self, other: object) -> bool:
        return self._compared(other) > 0

    def __le__(self, other: object) -> bool:
        return self == other or self._compared(other) < 0

    def __ge__(self, other: object) -> bool:
        return self == other or self._compared(other) > 0

    def __repr__(self) -> str:
        return f"<Version '{self.string}'>"
