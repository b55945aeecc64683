"""Random secrets and the hashes by which they are known; a secret itself is shown once and kept nowhere.

A secret of 256 random bits needs no slow hash and no salt: nothing about it can be guessed. Its prefix says what it is,
so that scanners for leaked secrets find it, a wrong kind is refused by its look, and noise costs no look-up.
"""

import hashlib
import re
import secrets
from enum import StrEnum
from typing import Final

RANDOM_BYTES: Final = 32


class Kind(StrEnum):
    """The prefix of a secret."""

    ACCESS = "lla"
    REFRESH = "llr"
    LONG_LIVED = "lll"
    CODE = "llc"
    FLOW = "llf"


_SECRET: Final = re.compile(r"ll[alrcf]_[A-Za-z0-9_-]{43}", re.ASCII)


def new_secret(kind: Kind) -> str:
    """256 random bits as text."""
    return f"{kind.value}_{secrets.token_urlsafe(RANDOM_BYTES)}"


def digest(secret: str) -> bytes:
    """What is kept of a secret (SHA-256)."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def looks_like(secret: str, *kinds: Kind) -> bool:
    """Whether it has the form of such a secret; says nothing about whether it is good."""
    return _SECRET.fullmatch(secret) is not None and secret[:3] in kinds
