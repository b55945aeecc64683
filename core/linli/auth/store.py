"""Reading and writing the tables of the room; each function runs inside a transaction, in the database's thread."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, delete, insert, or_, select, update

from linli.auth.model import Ban, Token, TokenType, User
from linli.auth.tables import access, bans, credentials, setup, tokens, users
from linli.ids import PersonId, PlaceId, TokenId, UserId
from linli.jsonbytes import dumps, loads
from linli.scope import Scope
from linli.storage import Transaction

PASSWORD: Final = "password"

USERS: Final = "auth.user"
TOKENS: Final = "auth.token"
BANS: Final = "auth.ban"
SETUP: Final = "auth.setup"
"""Topics of the changes feed; the key is the row's own."""


def us(timestamp_s: float) -> int:
    """Seconds as tables keep them."""
    return round(timestamp_s * 1_000_000)


def _s(time_us: int | None) -> float | None:
    return None if time_us is None else time_us / 1_000_000


def _us(time_s: float | None) -> int | None:
    return None if time_s is None else us(time_s)


# users ---------------------------------------------------------------------------------------------------------------

_USER: Final = select(users, credentials.c.id.label("credential_id")).join_from(
    users, credentials, (credentials.c.user_id == users.c.id) & (credentials.c.kind == PASSWORD), isouter=True
)


def read_users(tx: Transaction, user_id: str | None = None) -> list[User]:
    """All users, oldest first, or the one; raises ValueError or TypeError for a row that cannot be one."""
    statement = _USER if user_id is None else _USER.where(users.c.id == user_id)
    return [_user(row) for row in tx.execute(statement.order_by(users.c.created_us, users.c.id)).all()]


def find_username(tx: Transaction, username: str) -> UserId | None:
    """Who logs in with this (normalised) name."""
    found = tx.execute(select(users.c.id).where(users.c.username == username)).scalar_one_or_none()
    return None if found is None else UserId(found)


def write_user(tx: Transaction, user: User) -> None:
    """Insert or replace."""
    row = {
        "name": user.name, "username": user.username, "role": user.role, "is_owner": user.is_owner,
        "is_active": user.is_active, "system_generated": user.system_generated, "local_only": user.local_only,
        "places": dumps(user.places).decode(), "person": user.person, "language": user.language,
        "time_zone": user.time_zone, "changed_us": tx.now_us,
    }  # fmt: skip
    if not tx.execute(update(users).where(users.c.id == user.id), row).rowcount:
        tx.execute(insert(users), {**row, "id": user.id, "created_us": tx.now_us})
    tx.changed(USERS, user.id)


def delete_user(tx: Transaction, user_id: UserId) -> bool:
    """Take the user away, with credentials and tokens."""
    tx.changed(USERS, user_id)
    return bool(tx.execute(delete(users).where(users.c.id == user_id)).rowcount)


def _user(row: Row[Any]) -> User:
    places = loads(row.places)
    if places is not None and (not isinstance(places, list) or not all(isinstance(place, str) for place in places)):
        raise ValueError("a user's places are no list of ids")
    return User(
        UserId(row.id), row.name, row.role, row.username, row.is_owner, row.is_active, row.system_generated,
        row.local_only, None if places is None else tuple(PlaceId(place) for place in places),
        None if row.person is None else PersonId(row.person), row.language, row.time_zone,
        row.credential_id is not None,
    )  # fmt: skip


def read_password(tx: Transaction, user_id: UserId) -> str | None:
    """The argon2 hash; None: no password, tokens only."""
    found = tx.execute(
        select(credentials.c.secret).where(credentials.c.user_id == user_id, credentials.c.kind == PASSWORD)
    ).scalar_one_or_none()
    return None if found is None else str(found)


def write_password(tx: Transaction, credential_id: str, user_id: UserId, secret: str | None) -> None:
    """Set the argon2 hash (``credential_id`` for a first one), or take the password away."""
    mine = (credentials.c.user_id == user_id) & (credentials.c.kind == PASSWORD)
    tx.changed(USERS, user_id)
    if secret is None:
        tx.execute(delete(credentials).where(mine))
        return
    row = {"secret": secret, "changed_us": tx.now_us}
    if not tx.execute(update(credentials).where(mine), row).rowcount:
        first = {"id": credential_id, "user_id": user_id, "kind": PASSWORD, "created_us": tx.now_us}
        tx.execute(insert(credentials), {**row, **first})


def swap_password(tx: Transaction, user_id: UserId, old: str, new: str) -> bool:
    """Set the argon2 hash where it still is ``old``; False: it is not."""
    mine = (credentials.c.user_id == user_id) & (credentials.c.kind == PASSWORD) & (credentials.c.secret == old)
    if not tx.execute(update(credentials).where(mine), {"secret": new, "changed_us": tx.now_us}).rowcount:
        return False
    tx.changed(USERS, user_id)
    return True


# tokens --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FoundSecret:
    """A token that was found by a refresh secret."""

    token: Token
    is_previous: bool
    """The secret was good before the last rotation."""
    rotated_at: float | None


def insert_token(tx: Transaction, token: Token, secret_hash: bytes | None) -> None:
    """Keep a new token."""
    tx.execute(
        insert(tokens),
        {
            "id": token.id, "user_id": token.user_id, "type": token.type.value, "client_id": token.client_id,
            "client_name": token.client_name, "client_icon": token.client_icon, "secret_hash": secret_hash,
            "created_us": us(token.created_at), "last_used_us": _us(token.last_used_at),
            "last_used_ip": token.last_used_ip, "expires_us": _us(token.expires_at),
            "access_lifetime_us": us(token.access_lifetime_s),
            "scope": None if token.scope is None else dumps(token.scope.as_dict()).decode(),
        },
    )  # fmt: skip
    tx.changed(TOKENS, token.id)


def insert_access(tx: Transaction, hash: bytes, token_id: TokenId, expires_at: float) -> None:
    """Keep an access token by its hash."""
    row = {"hash": hash, "token_id": token_id, "created_us": tx.now_us, "expires_us": us(expires_at)}
    tx.execute(insert(access), row)


def read_access(tx: Transaction, hash: bytes) -> tuple[Token, float] | None:
    """The token to which an access token belongs, and when the access token ends."""
    row = tx.execute(
        select(tokens, access.c.expires_us.label("access_expires_us"))
        .join_from(access, tokens, access.c.token_id == tokens.c.id)
        .where(access.c.hash == hash)
    ).one_or_none()
    return None if row is None else (_token(row), row.access_expires_us / 1_000_000)


def read_token(tx: Transaction, token_id: str) -> Token | None:
    """A token by its id."""
    row = tx.execute(select(tokens).where(tokens.c.id == token_id)).one_or_none()
    return None if row is None else _token(row)


def read_tokens_of(tx: Transaction, user_id: UserId) -> list[Token]:
    """A user's tokens, oldest first."""
    rows = tx.execute(select(tokens).where(tokens.c.user_id == user_id).order_by(tokens.c.created_us, tokens.c.id))
    return [_token(row) for row in rows.all()]


def find_secret(tx: Transaction, secret_hash: bytes) -> FoundSecret | None:
    """The token with this refresh secret, the present or the previous one."""
    row = tx.execute(
        select(tokens).where(or_(tokens.c.secret_hash == secret_hash, tokens.c.previous_hash == secret_hash))
    ).one_or_none()
    if row is None:
        return None
    return FoundSecret(_token(row), row.secret_hash != secret_hash, _s(row.rotated_us))


def rotate_secret(tx: Transaction, token_id: TokenId, secret_hash: bytes) -> None:
    """Put a new refresh secret in the place of the present one, which is kept as the previous."""
    tx.execute(
        update(tokens)
        .where(tokens.c.id == token_id)
        .values(previous_hash=tokens.c.secret_hash, secret_hash=secret_hash, rotated_us=tx.now_us)
    )


def write_use(tx: Transaction, token_id: TokenId, at: float, address: str | None) -> None:
    """Record the last use; never moves it back."""
    earlier = or_(tokens.c.last_used_us.is_(None), tokens.c.last_used_us <= us(at))
    tx.execute(
        update(tokens).where(tokens.c.id == token_id, earlier), {"last_used_us": us(at), "last_used_ip": address}
    )


def extend(tx: Transaction, token_id: TokenId, expires_at: float) -> None:
    """The token was used and ends later now; one that was set never to end by itself meanwhile stays so."""
    ending = tokens.c.expires_us.is_not(None)
    tx.execute(update(tokens).where(tokens.c.id == token_id, ending), {"expires_us": us(expires_at)})


def write_expiry(tx: Transaction, token_id: TokenId, expires_at: float | None) -> None:
    """When the token ends; None: not by itself."""
    tx.execute(update(tokens).where(tokens.c.id == token_id), {"expires_us": _us(expires_at)})
    tx.changed(TOKENS, token_id)


def delete_tokens(tx: Transaction, token_ids: Iterable[str]) -> None:
    """Take tokens away, with their access tokens."""
    for token_id in token_ids:
        tx.execute(delete(tokens).where(tokens.c.id == token_id))
        tx.changed(TOKENS, token_id)


def delete_expired(tx: Transaction, before: float) -> None:
    """Forget what ended before then."""
    tx.execute(delete(access).where(access.c.expires_us < us(before)))
    ended = tx.execute(select(tokens.c.id).where(tokens.c.expires_us < us(before))).scalars().all()
    delete_tokens(tx, ended)


def _token(row: Row[Any]) -> Token:
    created, lifetime = _s(row.created_us), _s(row.access_lifetime_us)
    assert created is not None
    assert lifetime is not None
    return Token(
        TokenId(row.id), UserId(row.user_id), TokenType(row.type), created, row.client_id, row.client_name,
        row.client_icon, _s(row.last_used_us), row.last_used_ip, _s(row.expires_us), lifetime,
        None if row.scope is None else Scope.of(loads(row.scope)),
    )  # fmt: skip


# bans ----------------------------------------------------------------------------------------------------------------


def read_bans(tx: Transaction) -> list[Ban]:
    """All bans, oldest first."""
    rows = tx.execute(select(bans).order_by(bans.c.banned_us)).all()
    return [Ban(row.network, row.banned_us / 1_000_000, _s(row.until_us)) for row in rows]


def write_ban(tx: Transaction, ban: Ban) -> None:
    """Keep a ban in the place of an older one of the same network."""
    tx.execute(delete(bans).where(bans.c.network == ban.network))
    tx.execute(insert(bans), {"network": ban.network, "banned_us": us(ban.banned_at), "until_us": _us(ban.until)})
    tx.changed(BANS, ban.network)


def delete_ban(tx: Transaction, network: str) -> bool:
    """Lift a ban; False: there was none."""
    tx.changed(BANS, network)
    return bool(tx.execute(delete(bans).where(bans.c.network == network)).rowcount)


def delete_ended_bans(tx: Transaction, before: float) -> None:
    """Forget the bans that ended before then; the gate hears of it by the feed."""
    ended = bans.c.until_us < us(before)
    for network in tx.execute(select(bans.c.network).where(ended)).scalars().all():
        tx.changed(BANS, network)
    tx.execute(delete(bans).where(ended))


# set-up --------------------------------------------------------------------------------------------------------------

ROW: Final = 1


@dataclass(frozen=True, slots=True)
class Setup:
    """Whether a first owner may be made, and by which secret."""

    secret_hash: bytes | None = None
    expires_at: float | None = None
    owned_at: float | None = None


def read_setup(tx: Transaction) -> Setup:
    """The state of the set-up."""
    row = tx.execute(select(setup).where(setup.c.id == ROW)).one_or_none()
    return Setup() if row is None else Setup(row.secret_hash, _s(row.expires_us), _s(row.owned_us))


def write_setup(tx: Transaction, state: Setup) -> None:
    """Replace the state of the set-up."""
    row = {
        "secret_hash": state.secret_hash, "expires_us": _us(state.expires_at), "owned_us": _us(state.owned_at),
    }  # fmt: skip
    if not tx.execute(update(setup).where(setup.c.id == ROW), row).rowcount:
        tx.execute(insert(setup), {**row, "id": ROW})
    tx.changed(SETUP, str(ROW))


def write_owned(tx: Transaction) -> None:
    """There is an owner, made without a set-up secret; one that is in force is void."""
    write_setup(tx, Setup(owned_at=read_setup(tx).owned_at or tx.now_us / 1_000_000))
