"""What a user name and a password must look like. Pure."""

import unicodedata
from collections.abc import Sequence
from typing import Final

from linli.auth.errors import WeakPassword
from linli.errors import InvalidRequest
from linli.ids import PersonId, PlaceId

LONGEST_USERNAME: Final = 64
LONGEST_NAME: Final = 200
SHORTEST_PASSWORD: Final = 8
"""NIST SP 800-63B's minimum for a memorised secret. Home Assistant asks for nothing; here a hub guards other people's
lives too, and the throttle makes eight characters enough against guessing over the network."""
LONGEST_ID: Final = 200
LONGEST_PASSWORD: Final = 1024
"""In bytes: argon2 would take more, a request body should not."""


def normalise_username(username: str) -> str:
    """The form in which names are compared: compatibility forms folded (full width, ligatures), case folded, no blanks
    around. So ``Ｌｉ Lei`` and ``li lei`` are one name."""
    folded = unicodedata.normalize("NFKC", username).casefold()
    return unicodedata.normalize("NFKC", folded).strip()


def check_username(username: str) -> str:
    """The normalised name; raises InvalidRequest."""
    name = normalise_username(username)
    if not name or len(name) > LONGEST_USERNAME:
        raise InvalidRequest(
            f"a user name has 1 to {LONGEST_USERNAME} characters",
            path=("username",),
            key="auth.username_length",
            parameters={"count": LONGEST_USERNAME},
        )
    if any(unicodedata.category(character).startswith("C") for character in name):
        raise InvalidRequest(
            "a user name has no control or invisible characters", path=("username",), key="auth.username_invisible"
        )
    return name


def check_name(name: str) -> str:
    """What people read; without blanks around it; raises InvalidRequest."""
    shown = name.strip()
    if not shown or len(shown) > LONGEST_NAME:
        raise InvalidRequest(
            f"a name has 1 to {LONGEST_NAME} characters",
            path=("name",),
            key="auth.name_length",
            parameters={"count": LONGEST_NAME},
        )
    return shown


def check_places(places: Sequence[str]) -> tuple[PlaceId, ...]:
    """The places, each once; raises InvalidRequest. Whether a place exists is not asked: the census may come later."""
    return tuple(PlaceId(_check_id(place, "places")) for place in dict.fromkeys(places))


def check_person(person: str) -> PersonId:
    """The person; raises InvalidRequest."""
    return PersonId(_check_id(person, "person"))


def _check_id(written: str, field: str) -> str:
    if not written or len(written) > LONGEST_ID or any(character.isspace() for character in written):
        raise InvalidRequest(
            f"an id has 1 to {LONGEST_ID} characters and no blanks",
            path=(field,),
            key=f"auth.{field}_id",
            parameters={"count": LONGEST_ID},
        )
    return written


def check_password(password: str, username: str | None = None) -> None:
    """Raises WeakPassword for one that is too short, too long, or the name itself. No rules about kinds of characters:
    they make passwords worse (same source)."""
    if len(password) < SHORTEST_PASSWORD:
        raise WeakPassword(
            f"a password has at least {SHORTEST_PASSWORD} characters", "auth.password_short", count=SHORTEST_PASSWORD
        )
    if len(password.encode("utf-8", "surrogatepass")) > LONGEST_PASSWORD:
        raise WeakPassword("this password is too long", "auth.password_long")
    if username is not None and normalise_username(password) == normalise_username(username):
        raise WeakPassword("the password must not be the user name", "auth.password_is_name")
