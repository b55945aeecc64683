"""Nothing can be asked, heard or called that has no row in the table; each way of adding something is tried."""

import ast
import importlib
import inspect
import pkgutil
import re
from pathlib import Path
from types import ModuleType

import pytest
import voluptuous as vol

import linli
import linli.template
from linli import Access, Route
from linli.cli.reference import events as reference
from linli.cli.reference.world import every_shipped_plugin
from linli.endpoints import MessageCommand
from linli.ids import PluginDomain
from rights.table import OF_THE_HOME, TABLE, addresses, commands, events, functions, unlike

API = PluginDomain("api")
ROOTS = [Path(linli.__file__).parent, *(Path(linli.__file__).parents[2] / name for name in ("plugins", "integrations"))]


async def test_everything_that_ships_has_its_row_and_what_is_added_must_have_one() -> None:
    async with every_shipped_plugin() as world:
        wrong = [
            *unlike("commands", commands(world.rooms)),
            *unlike("addresses", addresses(world.rooms)),
            *unlike("events", events(world)),
            *unlike("templates", functions()),
        ]
        assert not wrong, "\n".join(wrong)
        world.rooms.commands.add(MessageCommand("new/command", lambda call: None, API, vol.Schema({})))
        for path, socket in (("/api/new", False), ("/api/new_socket", True)):
            world.rooms.routes.add(Route("GET", path, lambda request: None, API, Access.USER, socket=socket))
        assert [each.partition(" has")[0] for each in unlike("commands", commands(world.rooms))] == ['"new/command"']
        assert [each.partition(" has")[0] for each in unlike("addresses", addresses(world.rooms))] == [
            '"GET /api/new"', '"GET /api/new_socket"',
        ]  # fmt: skip


def test_an_event_that_is_declared_anywhere_must_have_a_row(tmp_path: Path) -> None:
    (tmp_path / "new.py").write_text('NEW: EventType[dict[str, str]] = EventType("new_event")\n"""News."""\n')
    (declared,) = reference.declared_in("api", tmp_path)
    assert unlike("events", [*TABLE["events"], declared.event_type])[0].startswith('"new_event" has no row')


def test_no_event_is_fired_by_a_bare_word() -> None:
    """So that every type is declared, and with that in the table."""
    assert [*fired_by_word('self._bus.fire("new_event", {})'), *fired_by_word("bus.fire(NEW, {})")] == ["new_event"]
    found = {
        f"{path.relative_to(root.parent)}: {word}"
        for root in ROOTS
        for path in root.rglob("*.py")
        for word in fired_by_word(path.read_text("utf-8"))
    }
    assert found == set()


def fired_by_word(source: str) -> list[str]:
    """The types that code fires as a word of its own."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call) and node.args)
    return [
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr == "fire"
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    ]


def parts() -> list[ModuleType]:
    """The modules whose functions templates call."""
    names = [each.name for each in pkgutil.iter_modules(linli.template.__path__)]
    found = [importlib.import_module(f"linli.template.{name}") for name in names if name not in ("engine", "library")]
    return [module for module in found if hasattr(module, "GLOBALS") or hasattr(module, "FILTERS")]


def looks(source: str) -> set[str]:
    """What code asks of the home, beside the time and its zone."""
    asked = re.findall(r"(?:world_for|\.world)\([^)]*\)(?:\.(\w+))?", source)
    return set(asked) - {"now", "time_zone"}


@pytest.mark.parametrize("module", parts(), ids=lambda module: module.__name__.rpartition(".")[2])
def test_only_the_parts_that_are_in_the_table_look_at_the_home(module: ModuleType) -> None:
    assert bool(looks(inspect.getsource(module))) == (module in OF_THE_HOME)


def test_a_function_is_seen_to_look_at_the_home_and_needs_its_row() -> None:
    new = ModuleType("new")
    new.GLOBALS, new.FILTERS = {"neighbours": len}, {}  # type: ignore[attr-defined]  # as a part of the library has them
    assert unlike("templates", functions((*OF_THE_HOME, new)))[0].startswith('"neighbours" has no row')
    assert looks('SCOPE.get().world("neighbours").entities()') == {"entities"}
    assert looks('SCOPE.get().world("as_local").time_zone') == set()
