"""Actions that choose what follows: conditions, choose, if, sequences, and several at once."""

from typing import Any

from linli_automation.engine.language import Step
from linli_automation.engine.running import ConditionFailed, Run
from linli_automation.engine.variables import Variables


async def condition(run: Run, step: Step, path: str, scope: Variables, element: dict[str, Any]) -> None:
    """Go on only if it holds."""
    written = step.config["condition"]
    answer = await run.desk.conditions.test(written, scope.flat(), run.reader)
    if answer["error"] is not None:
        element["error"] = answer["error"]
        run.desk.ctx.log.warning("%s: %s: %s", run.principal.rule, path, answer["error"])
    own = [seen for seen in answer["steps"] if not seen["path"]]
    element["result"] = {**(own[-1].get("result") or {} if own else {}), "result": answer["result"]}
    if run.trace is not None:
        run.trace.conditions(path, [seen for seen in answer["steps"] if seen["path"]])
    if not answer["result"]:
        raise ConditionFailed


async def choose(run: Run, step: Step, path: str, scope: Variables, element: dict[str, Any]) -> None:
    """The first option whose conditions hold, or the default."""
    for index, conditions in enumerate(step.config["options"]):
        block = f"choose/{index}/sequence"
        here = f"{path}/choose/{index}"
        if run.cursor and not run.resumes(f"{path}/{block}"):
            continue
        if run.trace is not None and not run.cursor:
            chosen = run.trace.step(here)
        else:
            chosen = {}
        if run.cursor or await run.holds(_listed(conditions), f"{here}/conditions", scope):
            chosen["result"] = {"result": True}
            element["result"] = {"choice": index}
            await run.inner(step.blocks[block], f"{path}/{block}", scope.inner())
            return
        chosen["result"] = {"result": False}
    if "default" in step.blocks:
        element["result"] = {"choice": "default"}
        await run.inner(step.blocks["default"], f"{path}/default", scope.inner())


async def decide(run: Run, step: Step, path: str, scope: Variables, element: dict[str, Any]) -> None:
    """Then or else."""
    if run.cursor:
        word = "then" if run.resumes(f"{path}/then") else "else"
    else:
        tested = {} if run.trace is None else run.trace.step(f"{path}/if")
        holds = await run.holds(_listed(step.config["if"]), f"{path}/if/condition", scope)
        tested["result"] = {"result": holds}
        word = "then" if holds else "else"
    if word in step.blocks:
        element["result"] = {"choice": word}
        await run.inner(step.blocks[word], f"{path}/{word}", scope.inner())


async def sequence(run: Run, step: Step, path: str, scope: Variables, element: dict[str, Any]) -> None:
    """A sequence as one step."""
    await run.inner(step.blocks["sequence"], f"{path}/sequence", scope.inner())


async def parallel(run: Run, step: Step, path: str, scope: Variables, element: dict[str, Any]) -> None:
    """All at once; when all have ended, the first failure counts."""
    branches = {name: run.inner(block, f"{path}/{name}", scope.apart()) for name, block in step.blocks.items()}
    for outcome in (await run.desk.ctx.together(branches)).values():
        if isinstance(outcome, BaseException):
            raise outcome


def _listed(conditions: Any) -> list[Any]:
    return conditions if isinstance(conditions, list) else [conditions]
