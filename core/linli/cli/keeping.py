"""``user``, ``token``, ``journal``: what is kept in the data folder, also beside a hub that runs on it."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from linli.auth.model import COMMAND_ACTOR, User
from linli.auth.policy import SHIPPED_ROLES
from linli.cli.usage import SpeakingGroup
from linli.cli.words import AT_FAULT, counted, fail, reason, say, tell
from linli.clock import RealClock
from linli.errors import LinliError
from linli.ids import PersonId, PlaceId, TokenId
from linli.ledger import Ledger
from linli.pool import BlockingPool

if TYPE_CHECKING:
    from linli.auth import Auth
    from linli.storage import Storage, Verification
    from linli.storage.heads_verify import HeadsVerification

T = TypeVar("T")

Data = Annotated[Path, typer.Option("--data", help=say("data"), show_default=False)]
Name = Annotated[str, typer.Argument(help=say("user.name"), metavar="NAME", show_default=False)]
Owner = Annotated[str, typer.Option("--user", help=say("token.user"), show_default=False)]

users = typer.Typer(cls=SpeakingGroup, help=say("user.help"), no_args_is_help=True)
tokens = typer.Typer(cls=SpeakingGroup, help=say("token.help"), no_args_is_help=True)
journal = typer.Typer(cls=SpeakingGroup, help=say("journal.help"), no_args_is_help=True)


def with_storage(data: Path, work: Callable[["Storage", RealClock], Awaitable[T]], *, create: bool = False) -> T:
    """Open the store, do ``work``, close it; what the hub refuses is said and ends with exit code 1."""
    from linli.storage import Storage

    async def run() -> T:
        clock = RealClock()
        storage = await Storage.open_for_command(data, clock=clock, ledger=Ledger(clock), create=create)
        try:
            return await work(storage, clock)
        finally:
            await storage.close()

    try:
        return asyncio.run(run())
    except LinliError as error:
        fail(reason(error))


def with_auth(data: Path, work: Callable[["Auth"], Awaitable[T]], *, create: bool = False) -> T:
    """The same with the room of users and tokens.

    A command knows the data folder, not the deployment: which places a user has whom nobody gave any, the hub says.
    """
    from linli.auth import Auth, AuthSettings

    async def run(storage: "Storage", clock: RealClock) -> T:
        pool = BlockingPool(clock)
        auth = await Auth.open(storage, clock, pool.run, settings=AuthSettings(default_places=None))
        try:
            return await work(auth)
        finally:
            await auth.close()
            pool.close()

    return with_storage(data, run, create=create)


def _find(auth: "Auth", name: str) -> User:
    user = auth.users.by_username(name) or auth.users.get(name)
    if user is None:
        named = [user for user in auth.users.all() if user.name == name]
        if len(named) != 1:
            fail(say("user.unknown", name=name))
        user = named[0]
    return user


def _password() -> str:
    """Asked for twice at a terminal; from a pipe or file the first line, which may be empty."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first: str = typer.prompt(say("user.password"), hide_input=True, default="", show_default=False)
    if first and first != typer.prompt(say("user.again"), hide_input=True, default="", show_default=False):
        fail(say("user.differs"))
    return first


@users.command("add", help=say("user.add"))
def add_user(
    name: Name,
    role: Annotated[str, typer.Option(help=say("user.role", roles=", ".join(SHIPPED_ROLES)), show_default=False)],
    data: Data,
    owner: Annotated[bool, typer.Option("--owner", help=say("user.owner"))] = False,
    places: Annotated[list[str] | None, typer.Option("--place", help=say("user.place"), show_default=False)] = None,
    person: Annotated[str | None, typer.Option(help=say("user.person"), show_default=False)] = None,
) -> None:
    password = _password()
    user = with_auth(
        data,
        lambda auth: auth.users.create(
            name,
            role=role,
            actor=COMMAND_ACTOR,
            username=name,
            password=password,
            is_owner=owner,
            places=[PlaceId(place) for place in places] if places else None,
            person=None if person is None else PersonId(person),
        ),
        create=True,
    )
    typer.echo(say("user.added", name=user.name, role=user.role))


@users.command("list", help=say("user.list"))
def list_users(data: Data) -> None:
    async def work(auth: "Auth") -> list[User]:
        return auth.users.all()

    for user in with_auth(data, work):
        typer.echo(f"{user.id}  {user.role:10}  {user.username or '–'}  {user.name}")


@users.command("remove", help=say("user.remove"))
def remove_user(name: Name, data: Data) -> None:
    async def work(auth: "Auth") -> None:
        await auth.users.remove(_find(auth, name).id, actor=COMMAND_ACTOR)

    with_auth(data, work)
    typer.echo(say("user.removed", name=name))


@users.command("owner", help=say("user.make_owner"))
def make_owner(name: Name, data: Data) -> None:
    async def work(auth: "Auth") -> User:
        return await auth.users.make_owner(_find(auth, name).id, actor=COMMAND_ACTOR)

    typer.echo(say("user.owns", name=with_auth(data, work).name))


@users.command("password", help=say("user.set_password"))
def set_password(name: Name, data: Data) -> None:
    password = _password()

    async def work(auth: "Auth") -> None:
        await auth.set_password(_find(auth, name).id, password or None, actor=COMMAND_ACTOR)

    with_auth(data, work)
    typer.echo(say("user.password_set", name=name))


@users.command("set-up", help=say("user.set_up"))
def reopen_set_up(data: Data) -> None:
    secret = with_auth(data, lambda auth: auth.first_owner.reopen(actor=COMMAND_ACTOR))
    typer.echo(f"/#setup={secret}")


@tokens.command("create", help=say("token.create"))
def create_token(
    user: Owner,
    data: Data,
    title: Annotated[str, typer.Option("--name", help=say("token.title"))] = "linli token create",
    days: Annotated[int, typer.Option(help=say("token.days"))] = 3650,
) -> None:
    async def work(auth: "Auth") -> str:
        found = _find(auth, user)
        taken = {token.client_name for token in await auth.tokens.of_user(found.id)}
        free = next(name for number in range(1, 10_000) if (name := _numbered(title, number)) not in taken)
        grant = await auth.tokens.create_long_lived(found.id, client_name=free, lifespan_days=days, actor=COMMAND_ACTOR)
        return grant.access_token

    typer.echo(with_auth(data, work))


def _numbered(title: str, number: int) -> str:
    return title if number == 1 else f"{title} {number}"


@tokens.command("list", help=say("token.list"))
def list_tokens(user: Owner, data: Data) -> None:
    for token in with_auth(data, lambda auth: auth.tokens.of_user(_find(auth, user).id)):
        typer.echo(f"{token.id}  {token.type}  {token.client_name or token.client_id or '–'}")


@tokens.command("revoke", help=say("token.revoke"))
def revoke_token(
    token_id: Annotated[str, typer.Argument(help=say("token.id"), metavar="TOKEN_ID", show_default=False)], data: Data
) -> None:
    if not with_auth(data, lambda auth: auth.tokens.revoke(TokenId(token_id), actor=COMMAND_ACTOR)):
        fail(say("token.unknown"))
    typer.echo(say("token.revoked"))


@journal.command("verify", help=say("journal.verify"))
def verify_journal(
    data: Data,
    heads: Annotated[str | None, typer.Option("--heads", help=say("journal.heads"), show_default=False)] = None,
    token: Annotated[
        str | None, typer.Option(help=say("journal.token"), envvar="LINLI_HEADS_TOKEN", show_default=False)
    ] = None,
) -> None:
    if heads is None:
        _tell_journal(with_storage(data, lambda storage, _: storage.journal.verify()))
        return
    found = with_storage(data, lambda storage, clock: _with_heads(storage, clock, heads, token))
    for seal in found.seals.breaks:
        typer.echo(say(f"journal.seal.{seal.what}", counter=seal.counter), err=True)
    if found.seals.restores:
        tell(say("journal.restores", count=found.seals.restores))
    if found.seals.breaks:
        _tell_breaks(found.journal)
        raise typer.Exit(AT_FAULT)
    _tell_journal(found.journal)
    typer.echo(say("journal.sealed", seals=counted("seals", found.seals.count)))


async def _with_heads(storage: "Storage", clock: RealClock, heads: str, token: str | None) -> "HeadsVerification":
    from linli.storage.heads_hub import HubPlace
    from linli.storage.heads_verify import verify_with_heads, verify_with_hub

    if not heads.startswith(("https://", "http://")):
        return await verify_with_heads(storage, clock, Path(heads))
    if token is None:
        fail(say("journal.no_token"))
    try:
        return await verify_with_hub(storage, HubPlace(heads, token, clock))
    except (OSError, TimeoutError) as error:
        fail(say("journal.not_asked", place=heads, reason=str(error) or type(error).__name__))


def _tell_journal(found: "Verification") -> None:
    _tell_breaks(found)
    if not found.holds:
        raise typer.Exit(AT_FAULT)
    typer.echo(say("journal.holds", rows=counted("rows", found.rows), chains=counted("chains", len(found.heads))))


def _tell_breaks(found: "Verification") -> None:
    for broken in found.breaks:
        typer.echo(
            say("journal.broken", writer=broken.row.writer, sequence=broken.row.sequence, what=broken.what), err=True
        )


@journal.command("rotate-key", help=say("journal.rotate_key"))
def rotate_key(data: Data) -> None:
    from linli.storage.heads import exchange_key

    public = with_storage(data, lambda storage, clock: exchange_key(storage, clock, actor=COMMAND_ACTOR))
    typer.echo(say("journal.key_rotated", key=public))
