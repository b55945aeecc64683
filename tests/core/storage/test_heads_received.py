"""What a second place takes of another hub's heads, and what it refuses without losing what it has."""

from dataclasses import replace

import pytest

from linli.storage.heads_place import seal_lines
from linli.storage.heads_received import DAY_BYTES, ReceivedHeads, Refused
from linli.storage.journal_verify import Head
from linli.storage.sealing_key import SealingKey
from linli.storage.seals import Seal, not_following

INSTANCE = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
KEY = SealingKey(bytes(range(32)), None)
DAY_US = 86_400_000_000


def head(sequence: int, word: bytes = b"a", writer: str = "hub") -> Head:
    return Head(writer, sequence, word * 32)


def seal(counter: int, *heads: Head, key: SealingKey = KEY, epoch: int = 1, instance: str = INSTANCE, base=()) -> Seal:
    return Seal(instance, epoch, counter, counter, heads, base, key.public).sealed(key)


@pytest.fixture
def place(tmp_path) -> ReceivedHeads:
    return ReceivedHeads(tmp_path)


def kept(place: ReceivedHeads) -> list[int]:
    return [Seal.of_line(line).counter for line in seal_lines(place.folder / INSTANCE)]


def refusal(place: ReceivedHeads, sent: Seal, user: str = "u") -> str:
    with pytest.raises(Refused) as refused:
        place.keep(sent.line(), user, 0)
    return refused.value.what


def test_heads_that_go_on_are_kept_and_one_sent_twice_once(place):
    for sent in (seal(1, head(3)), seal(2, head(3)), seal(2, head(3)), seal(5, head(4, b"b"), head(1, writer="cli"))):
        place.keep(sent.line(), "u", 0)
    assert kept(place) == [1, 2, 5]
    assert place.days(INSTANCE, "u") == ["1970-01-01"]
    assert place.newest(INSTANCE).counter == 5


@pytest.mark.parametrize(
    ("sent", "what"),
    [
        (seal(6, head(9)), "rolled_back"),
        (seal(7, head(9, b"x")), "forked"),
        (seal(8, head(9, b"x")), "forked"),
        (seal(8, head(8)), "cut"),
        (seal(8), "cut"),
        (seal(8, head(9), key=SealingKey(bytes(32), None)), "key"),
        (seal(3, head(9), epoch=0), "rolled_back"),
    ],
)
def test_what_does_not_follow_is_refused_and_changes_nothing(place, sent, what):
    place.keep(seal(7, head(9)).line(), "u", 0)
    assert refusal(place, sent) == what
    assert kept(place) == [7]
    place.keep(seal(8, head(10)).line(), "u", 0)
    assert kept(place) == [7, 8]


def test_a_restore_may_lose_what_was_written_after_its_backup_and_nothing_else():
    last, other = seal(7, head(9)), SealingKey(bytes(32), None)
    assert not_following(last, seal(1, head(6, b"n"), epoch=2, key=other, base=(("hub", 5),))) is None
    assert not_following(last, seal(1, head(8), epoch=2, key=other, base=(("hub", 9),))) == "cut"
    assert not_following(last, seal(1, head(9, b"n"), epoch=2, key=other, base=(("hub", 9),))) == "forked"


def test_a_key_for_which_the_one_before_vouches_is_taken(tmp_path, place):
    first = SealingKey.of_folder(tmp_path)
    place.keep(seal(1, head(1), key=first).line(), "u", 0)
    second = SealingKey.exchange(tmp_path)
    place.keep(seal(2, head(1), key=second).line(), "u", 0)
    assert kept(place) == [1, 2]


def test_a_hub_is_one_users_own(place):
    place.keep(seal(1, head(1)).line(), "u", 0)
    assert refusal(place, seal(2, head(1)), "another") == "other_user"
    assert refusal(place, seal(1, head(1), epoch=9, key=SealingKey(bytes(32), None)), "another") == "other_user"
    assert place.days(INSTANCE, "another") is None
    assert place.days(INSTANCE, None) == ["1970-01-01"]


@pytest.mark.parametrize(
    "line",
    [
        b"{}", b"no json", b"[]", b"", seal(1, head(1)).line().replace(b'"counter":1', b'"counter":2'),
        seal(1, instance="../../etc").line(), seal(1, instance="").line(), seal(1, instance=INSTANCE.lower()).line(),
    ],
)  # fmt: skip
def test_what_is_no_signed_head_of_a_hub_makes_no_file(place, line):
    with pytest.raises(Refused) as refused:
        place.keep(line, "u", 0)
    assert refused.value.what == "form"
    assert not place.folder.exists()


def test_days_go_by_this_hubs_clock_and_never_back(place):
    place.keep(seal(1, head(1)).line(), "u", 3 * DAY_US)
    place.keep(replace(seal(2, head(1)), signature=b"").sealed(KEY).line(), "u", 1 * DAY_US)
    place.keep(seal(3, head(1)).line(), "u", 4 * DAY_US)
    assert place.days(INSTANCE, "u") == ["1970-01-04", "1970-01-05"]
    assert kept(place) == [1, 2, 3]
    assert place.day(INSTANCE, "../sender") == b""


def test_a_day_holds_no_more_than_a_disk_can_spare(place):
    place.keep(seal(1, head(1)).line(), "u", 0)
    with (place.folder / INSTANCE / "1970-01-01.jsonl").open("ab") as file:
        file.write(b"x" * DAY_BYTES + b"\n")
    assert refusal(place, seal(2, head(1))) == "full"
    place.keep(seal(2, head(1)).line(), "u", DAY_US)


def test_a_line_that_was_torn_by_a_power_cut_costs_only_itself(place):
    place.keep(seal(1, head(1)).line(), "u", 0)
    with (place.folder / INSTANCE / "1970-01-01.jsonl").open("ab") as file:
        file.write(seal(2, head(1)).line()[:40])
    place.keep(seal(3, head(1)).line(), "u", 0)
    assert place.newest(INSTANCE).counter == 3
