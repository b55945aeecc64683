"""A seal: the heads of all chains at one moment, counted and signed, to be kept where the hub's own disk is not.

A seal is one line of JSON. What is signed is the digest (``chain.py`` says how fields are encoded) of::

    "linli heads 1", instance, epoch, counter, at_us, key, number of heads, (writer, sequence, hash) …,
    number of bases, (writer, sequence) …

``epoch`` is 1, and after a restore from a backup the second at which that happened; ``base`` says where each chain
stood then, so that what was written after the backup, and is gone, is told apart from what somebody cut off.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Self

from linli.jsonbytes import dumps, loads
from linli.storage.chain import Field, digest
from linli.storage.journal_verify import Head
from linli.storage.sealing_key import Origin, SealingKey, signed

FORM: Final = "linli heads 1"


@dataclass(frozen=True, slots=True)
class Seal:
    """What one line says."""

    instance: str
    epoch: int
    counter: int
    at_us: int
    heads: tuple[Head, ...]
    base: tuple[tuple[str, int], ...]
    key: bytes
    origin: Origin | None = None
    signature: bytes = b""

    @property
    def place(self) -> tuple[int, int]:
        """Its order among the seals of a hub."""
        return self.epoch, self.counter

    def sealed(self, key: SealingKey) -> Seal:
        """The same, signed."""
        whole = Seal(self.instance, self.epoch, self.counter, self.at_us, self.heads, self.base, key.public, key.origin)
        return Seal(
            whole.instance, whole.epoch, whole.counter, whole.at_us, whole.heads, whole.base, whole.key, whole.origin,
            key.sign(whole.content()),
        )  # fmt: skip

    @property
    def is_signed(self) -> bool:
        """Whether its own key signed exactly this."""
        return signed(self.key, self.signature, self.content())

    def content(self) -> bytes:
        """What is signed."""
        fields: list[Field] = [FORM, self.instance, self.epoch, self.counter, self.at_us, self.key, len(self.heads)]
        for head in self.heads:
            fields += (head.writer, head.sequence, head.hash)
        fields.append(len(self.base))
        for writer, sequence in self.base:
            fields += (writer, sequence)
        return digest(*fields)

    def line(self) -> bytes:
        """As it is kept, with its line end."""
        said: dict[str, Any] = {
            "form": FORM,
            "instance": self.instance,
            "epoch": self.epoch,
            "counter": self.counter,
            "at_us": self.at_us,
            "heads": [[head.writer, head.sequence, head.hash.hex()] for head in self.heads],
            "base": [list(pair) for pair in self.base],
            "key": self.key.hex(),
            "signature": self.signature.hex(),
        }
        if self.origin is not None:
            said["origin"] = {"previous": self.origin.previous.hex(), "certificate": self.origin.certificate.hex()}
        return dumps(said) + b"\n"

    @classmethod
    def of_line(cls, line: bytes) -> Self:
        """Raises ValueError when it is none."""
        try:
            said: Mapping[str, Any] = loads(line)
            origin = said.get("origin")
            return cls(
                str(said["instance"]),
                int(said["epoch"]),
                int(said["counter"]),
                int(said["at_us"]),
                tuple(Head(str(writer), int(number), bytes.fromhex(hash)) for writer, number, hash in said["heads"]),
                tuple((str(writer), int(sequence)) for writer, sequence in said["base"]),
                bytes.fromhex(said["key"]),
                None if origin is None else Origin(*(bytes.fromhex(origin[name]) for name in Origin.__slots__)),
                bytes.fromhex(said["signature"]),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("this line is no seal") from error


@dataclass(frozen=True, slots=True)
class Expected:
    """What the data folder says about its own seals."""

    instance: str
    epoch: int
    counter: int
    """The highest that it has given away."""
    acknowledged: int
    """The highest that the place is known to have taken; 0: none in this epoch."""
    key: bytes | None
    origin: Origin | None
    base: tuple[tuple[str, int], ...] = ()
    """Where each chain stood in the backup, while no seal of this epoch says it."""


@dataclass(frozen=True, slots=True)
class SealBreak:
    """A seal that is not as it must be.

    ``what`` is one of: none (there are no seals of this hub), form (a line is none), signature, key (a key that nobody
    vouched for), order (counters do not go up), rolled_back (the place knows later seals than the data: an old copy
    was brought back), heads_cut (the data know later seals than the place), data_key (the data have another key).
    """

    counter: int
    what: str


@dataclass(frozen=True, slots=True)
class SealCheck:
    """What the seals of a place are worth, and the heads that the journal must have."""

    count: int
    last: Seal | None
    anchors: tuple[Head, ...]
    breaks: tuple[SealBreak, ...]
    restores: int
    """How often this hub was restored from a backup since the first seal."""


def check_seals(lines: Iterable[bytes], expected: Expected) -> SealCheck:
    """Judge the lines of one place, in their order."""
    breaks: list[SealBreak] = []
    seals = list(_sound(lines, expected.instance, breaks))
    if not seals:
        return SealCheck(0, None, (), (*breaks, SealBreak(0, "none")), 0)
    trusted = _follow_keys(seals, breaks)
    last = seals[-1]
    breaks += [SealBreak(late.counter, "order") for late in _disordered(seals)[:1]]
    if last.place > (expected.epoch, expected.counter):
        breaks.append(SealBreak(last.counter, "rolled_back"))
    if expected.acknowledged and last.place < (expected.epoch, expected.acknowledged):
        breaks.append(SealBreak(last.counter, "heads_cut"))
    if last.epoch >= expected.epoch and not _is_own(expected, trusted):
        breaks.append(SealBreak(last.counter, "data_key"))
    restores = len({expected.epoch, *(seal.epoch for seal in seals)}) - 1
    return SealCheck(len(seals), last, _anchors(seals, expected), tuple(breaks), restores)


def not_following(last: Seal, new: Seal) -> str | None:
    """Why ``new`` cannot come after ``last`` at the same place; None: it can.

    One of: rolled_back (its counter goes back), forked (the counter, or the end of a chain, stands there with another
    content), cut (a chain has become shorter, or is gone), key (a key that nobody vouched for).
    """
    if new.place < last.place:
        return "rolled_back"
    if new.place == last.place:
        return None if new.content() == last.content() else "forked"
    if new.epoch == last.epoch and new.key != last.key:
        origin = new.origin
        if origin is None or origin.previous != last.key or not origin.vouches_for(new.key):
            return "key"
    in_backup = None if new.epoch == last.epoch else dict(new.base)
    ends = {head.writer: head for head in new.heads}
    for head in last.heads:
        if in_backup is not None and head.sequence > in_backup.get(head.writer, 0):
            continue  # written after the backup that was restored since
        end = ends.get(head.writer)
        if end is None or end.sequence < head.sequence:
            return "cut"
        if end.sequence == head.sequence and end.hash != head.hash:
            return "forked"
    return None


def _sound(lines: Iterable[bytes], instance: str, breaks: list[SealBreak]) -> Iterator[Seal]:
    """The seals of this hub that are signed; the first of each kind of fault is noted."""
    found: set[str] = set()

    def note(counter: int, what: str) -> None:
        if what not in found:
            found.add(what)
            breaks.append(SealBreak(counter, what))

    counter = 0
    for line in lines:
        try:
            seal = Seal.of_line(line)
        except ValueError:
            note(counter, "form")
            continue
        counter = seal.counter
        if seal.instance != instance:
            note(counter, "form")
        elif not seal.is_signed:
            note(counter, "signature")
        else:
            yield seal


def _follow_keys(seals: Sequence[Seal], breaks: list[SealBreak]) -> bytes:
    """From the first key on: a later one is trusted when the one before signed it, or when a restore began."""
    trusted, epoch = seals[0].key, seals[0].epoch
    for seal in seals:
        vouched = seal.origin is not None and seal.origin.previous == trusted and seal.origin.vouches_for(seal.key)
        if seal.key != trusted and not vouched and seal.epoch == epoch:
            breaks.append(SealBreak(seal.counter, "key"))
            break
        trusted, epoch = seal.key, seal.epoch
    return trusted


def _is_own(expected: Expected, trusted: bytes) -> bool:
    """Whether the data's key is the last that sealed, or was signed by it."""
    origin = expected.origin
    if expected.key is None:
        return False
    return expected.key == trusted or (
        origin is not None and origin.previous == trusted and origin.vouches_for(expected.key)
    )


def _disordered(seals: Sequence[Seal]) -> list[Seal]:
    return [after for before, after in pairwise(seals) if after.place <= before.place]


def _anchors(seals: Sequence[Seal], expected: Expected) -> tuple[Head, ...]:
    """Every head that must stand in the journal: none of those that a later restore says were not in its backup."""
    anchors: dict[Head, None] = {}
    bound: dict[str, int] | None = None
    following = expected.epoch
    bases = {expected.epoch: expected.base, **{seal.epoch: seal.base for seal in seals}}
    for seal in reversed(seals):
        if seal.epoch < following:
            bound = _lower(bound, dict(bases[following]))
            following = seal.epoch
        for head in seal.heads:
            if bound is None or head.sequence <= bound.get(head.writer, 0):
                anchors[head] = None
    return tuple(sorted(anchors, key=lambda head: (head.writer, head.sequence)))


def _lower(bound: dict[str, int] | None, base: dict[str, int]) -> dict[str, int]:
    if bound is None:
        return base
    return {writer: min(sequence, base[writer]) for writer, sequence in bound.items() if writer in base}
