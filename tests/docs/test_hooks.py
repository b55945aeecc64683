"""Every hook of every plugin here says what it is for, and what an error, a time-out and no answer mean."""

import importlib
import re
import tomllib
from pathlib import Path

import pytest

from linli.clock import RealClock
from linli.ids import CORE, PluginDomain
from linli.ledger import Ledger
from linli.plugin import specs
from linli.plugin.hooks import HookInfo, HookTable

ROOT = Path(__file__).parents[2]
MUST_SAY = {"an error": r"exception|error|raises|NotReady", "a time-out": r"time-out", "no answer": r"None"}


def every_hook() -> list[HookInfo]:
    table = HookTable(Ledger(RealClock()))
    table.declare(CORE, specs)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for domain, package in project["entry-points"]["linli.plugins"].items():
        folder = Path(str(importlib.import_module(package).__file__)).parent
        if (folder / "hooks.py").is_file():
            table.declare(PluginDomain(domain), importlib.import_module(f"{package}.hooks"))
    return table.list()


@pytest.mark.parametrize("hook", every_hook(), ids=lambda hook: hook.name)
def test_a_hook_says_what_an_error_a_time_out_and_no_answer_mean(hook: HookInfo) -> None:
    missing = [what for what, word in MUST_SAY.items() if not re.search(word, hook.doc)]
    assert missing == []


def test_the_core_declares_a_plugins_life() -> None:
    names = {hook.name for hook in every_hook() if hook.declared_by == CORE}
    assert names == {
        "linli_setup", "linli_setup_entry", "linli_unload_entry", "linli_migrate_entry", "linli_started",
    }  # fmt: skip
