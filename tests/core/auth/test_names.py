import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.auth.errors import WeakPassword
from linli.auth.names import LONGEST_PASSWORD, check_password, check_username, normalise_username
from linli.errors import InvalidRequest


@pytest.mark.parametrize(
    ("written", "name"),
    [("  LiLei ", "lilei"), ("Ｌｉ Lei", "li lei"), ("STRASSE", "strasse"), ("Straße", "strasse"), ("李雷", "李雷")],
    ids=["blanks", "full width", "upper", "sharp s", "chinese"],
)
def test_spellings_of_one_name_are_one_name(written: str, name: str) -> None:
    assert normalise_username(written) == name


@given(st.text())
def test_a_normalised_name_stays_as_it_is(written: str) -> None:
    once = normalise_username(written)
    assert normalise_username(once) == once


@pytest.mark.parametrize("written", ["", "   ", "a" * 65, "a\u200bb", "a\x00b"], ids=repr)
def test_a_name_that_people_cannot_tell_apart_is_refused(written: str) -> None:
    with pytest.raises(InvalidRequest):
        check_username(written)


@pytest.mark.parametrize(
    "password", ["", "seven77", "x" * (LONGEST_PASSWORD + 1), "ＬiＬei99"], ids=["empty", "short", "long", "name"]
)
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(WeakPassword):
        check_password(password, "lilei99")


def test_eight_characters_of_any_kind_are_a_password() -> None:
    check_password("        ")
    check_password("八个汉字也是密码", "lilei")
