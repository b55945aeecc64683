"""Every hook of every installed plugin says what it is for, and what an error, a time-out and no answer mean."""

import re
from pathlib import Path

import pytest

import linli_pages.hooks
from linli.cli.hooks import hooks_of
from linli.ids import CORE
from linli.plugin.catalog import PluginCatalog
from linli.plugin.hooks import HookInfo

ROOT = Path(__file__).parents[2]
MUST_SAY = {"an error": r"exception|error|raises|NotReady", "a time-out": r"time-out", "no answer": r"None"}


def every_hook() -> list[HookInfo]:
    """Of all that is installed; a plugin whose code cannot be read fails the collection."""

    def complain(name: str, error: Exception) -> None:
        raise AssertionError(f"{name} cannot be read") from error

    return hooks_of(PluginCatalog(), complain)


def unsaid(doc: str) -> list[str]:
    return [what for what, word in MUST_SAY.items() if not re.search(word, doc)]


@pytest.mark.parametrize("hook", every_hook(), ids=lambda hook: hook.name)
def test_a_hook_says_what_an_error_a_time_out_and_no_answer_mean(hook: HookInfo) -> None:
    assert unsaid(hook.doc) == []


def test_a_hook_that_says_nothing_is_found() -> None:
    assert unsaid("Bring one message to one person.") == ["an error", "a time-out", "no answer"]


def test_every_shipped_hooks_file_is_read() -> None:
    folders = [folder for root in ("plugins", "integrations") for folder in (ROOT / root).glob("linli_*")]
    files = {folder.name.removeprefix("linli_") for folder in folders if (folder / "hooks.py").is_file()}
    assert files <= {hook.declared_by for hook in every_hook()}
    assert linli_pages.hooks.pages_contribute.__name__ in {hook.name for hook in every_hook()}


def test_the_core_declares_a_plugins_life_and_what_a_restore_asks() -> None:
    names = {hook.name for hook in every_hook() if hook.declared_by == CORE}
    assert names == {
        "linli_setup", "linli_setup_entry", "linli_unload_entry", "linli_migrate_entry", "linli_started",
        "storage_restored",
    }  # fmt: skip


@pytest.mark.parametrize("hook", every_hook(), ids=lambda hook: hook.name)
def test_a_hooks_types_read_as_they_were_written(hook: HookInfo) -> None:
    assert "Union[" not in hook.signature
    assert "'" not in hook.signature
