"""The rules between rooms that neither a type checker nor import-linter can hold (contracts: test_contracts.py)."""

import ast
import importlib
import importlib.metadata
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]
SOURCE_ROOTS = (ROOT / "plugins", ROOT / "integrations")
PLUGIN_PACKAGES = sorted(
    folder for root in SOURCE_ROOTS for folder in root.glob("linli_*") if (folder / "__init__.py").is_file()
)
HEAVY = (
    "aiohttp", "alembic", "apprise", "argon2", "fhir", "jinja2", "jwt", "playwright", "pydantic",
    "rich", "sqlalchemy", "sqlite3", "typer", "voluptuous_openapi", "zeroconf",
)  # fmt: skip
"""What `import linli` must not pull in."""


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.lineno, node.module


def python_files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*.py")) if "migrations" not in path.parts]


def entry_points_of_project() -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return dict(project["entry-points"]["linli.plugins"])


def manifest_of(package: str) -> object:
    return __import__(package).MANIFEST


@pytest.mark.parametrize("folder", PLUGIN_PACKAGES, ids=lambda folder: folder.name)
def test_a_plugin_imports_only_plugins_that_its_manifest_names(folder: Path) -> None:
    """One named in ``after`` may not run: its api.py is imported, and ``ctx.has`` asked before it is used."""
    manifest = manifest_of(folder.name)
    required = {f"linli_{domain}" for domain in (*manifest.requires, *manifest.after)}  # type: ignore[attr-defined]
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {module}"
        for path in python_files(folder)
        for line, module in imports_of(path)
        if module.startswith("linli_") and module.partition(".")[0] not in {folder.name, *required}
    ]
    assert wrong == []


def test_no_plugin_requires_itself_through_others() -> None:
    requires = {
        folder.name.removeprefix("linli_"): manifest_of(folder.name).requires  # type: ignore[attr-defined]
        for folder in PLUGIN_PACKAGES
    }
    assert set(TopologicalSorter(requires).static_order()) == requires.keys()


def test_every_plugin_stands_in_each_contract_of_import_linter() -> None:
    settings = tomllib.loads((ROOT / "importlinter-plugins.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    packages = {folder.name for folder in PLUGIN_PACKAGES}
    lists = {"root_packages": settings["root_packages"]} | {
        f"{contract['name']}: {key}": contract[key]
        for contract in settings["contracts"]
        for key in ("forbidden_modules", "modules", "ancestors")
        if key in contract
    }
    assert len(lists) == 4
    wrong = [name for name, listed in lists.items() if set(listed) - {"linli"} != packages]
    assert wrong == [], "name every plugin package, and no other, in these lists of importlinter-plugins.toml"


@pytest.mark.parametrize("folder", PLUGIN_PACKAGES, ids=lambda folder: folder.name)
def test_a_door_plate_imports_only_linli_and_voluptuous(folder: Path) -> None:
    modules = {module for _, module in imports_of(folder / "__init__.py")}
    foreign = {module for module in modules if module.partition(".")[0] not in ("linli", "voluptuous", folder.name)}
    assert {module for module in foreign if module.partition(".")[0] not in sys.stdlib_module_names} == set()


def test_folders_pyproject_and_installed_metadata_name_the_same_plugins() -> None:
    folders = {folder.name for folder in PLUGIN_PACKAGES}
    declared = entry_points_of_project()
    installed = {
        point.name: point.value
        for point in importlib.metadata.entry_points(group="linli.plugins")
        if point.dist is not None and point.dist.name == "linli"
    }
    assert set(declared.values()) == folders, 'add the plugin\'s line to [project.entry-points."linli.plugins"]'
    assert installed == declared, "the editable install is older than pyproject.toml: run `pip install -e .` again"
    assert all(package == f"linli_{name}" for name, package in declared.items())


@pytest.mark.parametrize("folder", PLUGIN_PACKAGES, ids=lambda folder: folder.name)
def test_a_plugin_says_what_it_is_for_and_is_typed(folder: Path) -> None:
    assert (folder / "README.md").is_file()
    assert (folder / "py.typed").is_file()


@pytest.mark.parametrize(("module", "needed"), [("linli", ()), ("linli.cli.main", ("typer", "rich", "sqlite3"))])
def test_importing_linli_and_its_command_line_stays_light(module: str, needed: tuple[str, ...]) -> None:
    script = f"import sys, {module}; print(' '.join(sorted({{name.partition('.')[0] for name in sys.modules}})))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert [name for name in HEAVY if name in loaded and name not in needed] == []


@pytest.mark.parametrize("package", ["linli", "linli.auth", "linli.entity", "linli.storage"])
def test_what_a_package_imports_later_is_there_when_asked_for(package: str) -> None:
    room = importlib.import_module(package)
    missing = [name for name in room.__all__ if not hasattr(room, name)]
    modules = [name for name in room.__all__ if isinstance(getattr(room, name, None), ModuleType)]
    assert (missing, modules) == ([], [])
    with pytest.raises(AttributeError, match="offers no made_up"):
        room.made_up  # noqa: B018 - asking is the test
