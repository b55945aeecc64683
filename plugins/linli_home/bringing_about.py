"""Bringing entities to wanted states through their services, with the rights of whoever asks."""

from collections.abc import Mapping
from dataclasses import replace

from linli import UNAVAILABLE, UNKNOWN, Context, InvalidRequest, PluginContext
from linli_home.reproduce import Call, Wanted, calls_for


async def bring_about(
    ctx: PluginContext, wanted: Mapping[str, Wanted], context: Context, transition: float | None, *,
    forgiving: bool = False,
) -> None:  # fmt: skip
    """Every entity to its state, all at once; the first failure is raised when all have ended.

    ``forgiving``: a state that a service refuses is passed over. Who activates a scene did not write it, and an error
    about an entity that they do not see would tell them of it.
    """
    work = {}
    for entity_id, how in wanted.items():
        calls = _calls(ctx, entity_id, replace(how, transition=transition))
        if calls:
            work[entity_id] = _one(ctx, entity_id, calls, context)
    for outcome in (await ctx.together(work)).values():
        if isinstance(outcome, InvalidRequest) and forgiving:
            ctx.log.warning("a scene names a state that cannot be: %s", outcome)
        elif isinstance(outcome, BaseException):
            raise outcome


def _calls(ctx: PluginContext, entity_id: str, wanted: Wanted) -> list[Call]:
    now = ctx.states.get(entity_id)
    if now is None or wanted.state in (UNKNOWN, UNAVAILABLE):
        ctx.log.warning("%s cannot be set: it is not there, or its wanted state is not known", entity_id)
        return []
    calls = calls_for(entity_id.partition(".")[0], wanted, now)
    if calls is None:
        ctx.log.warning("%s cannot be brought to the state %s", entity_id, wanted.state)
    return calls or []


async def _one(ctx: PluginContext, entity_id: str, calls: list[Call], context: Context) -> None:
    domain = entity_id.partition(".")[0]
    for service, data in calls:
        await ctx.services.call(domain, service, data, target={"entity_id": entity_id}, context=context)
