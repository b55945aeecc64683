"""In whose name a plugin acts: its own, a user's whom the hub handed it, or any user's with a privilege."""

from pathlib import Path

import pytest

from linli import Context, UserId
from linli.auth import COMMAND_ACTOR
from linli.errors import LinliError
from linli.hub import Hub
from linli.storage import Actor
from linli.testing.hub import Deployment, running_hub

ACTING = '''
    """Acting: does in a user's name what it is told."""
    from linli import Capabilities, Context, Manifest, Privilege, hookimpl
    from linli.storage import Actor

    MANIFEST = Manifest(
        domain="acting", contract=1, layer="data",
        capabilities=Capabilities(privileges=frozenset({{{privileges}}})),
    )

    @hookimpl
    def linli_setup(ctx):
        async def relay(call):
            await act(call.context.child())

        async def forge(call):
            await act(Context(call.data["user"]))

        async def act(context):
            await ctx.services.call("acting", "noted", context=context)
            ctx.bus.fire("acting_done", {{}}, context)
            await ctx.templates.render("{{{{ 1 }}}}", context=context)
            await ctx.journal.record("acting.done", context=context)

        async def noted(call):
            await ctx.journal.record("acting.noted", context=call.context)

        async def commit(call):
            context = Context(call.data["user"]) if call.data["user"] else call.context
            await ctx.safety_db.transaction(lambda tx: tx.journal(call.data["action"]), context=context)

        async def pretend(call):
            actor = Actor("user", call.data["user"], "acting")
            await ctx.safety_db.transaction(lambda tx: tx.journal("acting.done", actor=actor), context=call.context)

        async def record(call):
            await ctx.journal.record(call.data["action"], context=call.context)

        ctx.services.register("acting", "relay", relay)
        ctx.services.register("acting", "forge", forge, schema={{"user": str}})
        ctx.services.register("acting", "record", record, schema={{"action": str}})
        ctx.services.register("acting", "noted", noted)
        ctx.services.register("acting", "commit", commit, schema={{"user": str, "action": str}})
        ctx.services.register("acting", "pretend", pretend, schema={{"user": str}})
'''


def acting(tmp_path: Path, *, declared: bool, granted: bool) -> Deployment:
    grants = ", grants: {acting: [act_for_user]}" if granted else ""
    yaml = f"linli: {{name: House, trusted: [acting]{grants}}}\nacting: {{}}\n"
    privileges = "Privilege.ACT_FOR_USER" if declared else ""
    source = ACTING.format(privileges=privileges).replace("frozenset({})", "frozenset()")
    return Deployment(tmp_path, yaml).drop_in("acting", source)


async def done(hub: Hub) -> list[tuple[str, Actor]]:
    rows = await hub.rooms.storage.journal.rows()
    return [(row.action, row.actor) for row in reversed(rows) if row.action.startswith("acting.")]


async def owner(hub: Hub) -> UserId:
    users = hub.rooms.auth.users
    return (await users.create("li", role="admin", username="li", actor=COMMAND_ACTOR, is_owner=True)).id


async def test_a_plugin_acts_for_a_user_whose_context_the_hub_handed_it(tmp_path: Path) -> None:
    async with running_hub(acting(tmp_path, declared=False, granted=False)) as hub:
        user = await owner(hub)
        await hub.rooms.services.call("acting", "relay", context=Context(user))
        who = Actor("user", user, hub.rooms.services.all()["acting"]["relay"].owner)
        assert await done(hub) == [("acting.noted", who), ("acting.done", who)]


@pytest.mark.parametrize(("declared", "granted"), [(False, False), (False, True), (True, True)])
async def test_a_made_up_user_needs_a_privilege_that_is_declared_and_granted(
    tmp_path: Path, declared: bool, granted: bool
) -> None:
    async with running_hub(acting(tmp_path, declared=declared, granted=granted)) as hub:
        user = await owner(hub)
        call = hub.rooms.services.call("acting", "forge", {"user": user})
        if declared and granted:
            await call
            assert [action for action, _ in await done(hub)] == ["acting.noted", "acting.done"]
        else:
            with pytest.raises(LinliError):
                await call
            assert await done(hub) == []


@pytest.mark.parametrize("action", ["token.revoked", "journal.details_forgotten", "actingx.done", "acting"])
async def test_a_plugin_records_actions_of_its_own_alone(tmp_path: Path, action: str) -> None:
    async with running_hub(acting(tmp_path, declared=False, granted=False)) as hub:
        with pytest.raises(LinliError):
            await hub.rooms.services.call("acting", "record", {"action": action})
        assert action not in {row.action for row in await hub.rooms.storage.journal.rows()}
        await hub.rooms.services.call("acting", "record", {"action": "acting.seen"})
        assert [(action, actor.kind, actor.plugin) for action, actor in await done(hub)] == [
            ("acting.seen", "system", "acting")
        ]


async def test_a_row_of_safety_db_names_the_plugin_or_the_user_who_was_handed_to_it(tmp_path: Path) -> None:
    async with running_hub(acting(tmp_path, declared=False, granted=False)) as hub:
        user = await owner(hub)
        await hub.rooms.services.call("acting", "commit", {"user": "", "action": "acting.seen"}, context=Context(user))
        for name, data in {
            "someone else's": ("commit", {"user": user, "action": "acting.done"}),
            "the core's": ("commit", {"user": "", "action": "token.revoked"}),
            "a made-up actor": ("pretend", {"user": user}),
        }.values():
            with pytest.raises(LinliError):
                await hub.rooms.services.call("acting", name, data)
        domain = hub.rooms.services.all()["acting"]["commit"].owner
        assert await done(hub) == [("acting.seen", Actor("user", user, domain))]
        assert "token.revoked" not in {row.action for row in await hub.rooms.storage.journal.rows()}
