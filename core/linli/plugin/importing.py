"""Importing a plugin's modules: an installed one by its name, a dropped-in one from its place, without ``sys.path``."""

import ast
import importlib
import sys
from hashlib import blake2s
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

from linli.errors import ContractError
from linli.plugin.discovery import PREFIX, Found

_MARK = "__linli_dropped_in__"


def place_of(found: Found) -> Path | None:
    """The folder of the package (of a single file the file), without importing it; None where there is no such."""
    if found.dropped_in is not None:
        return found.dropped_in
    try:
        spec = find_spec(found.package)
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    if spec.submodule_search_locations:
        return Path(next(iter(spec.submodule_search_locations)))
    return Path(spec.origin) if spec.origin else None


def import_package(found: Found) -> ModuleType:
    """The plugin's door plate. Raises what the module raises, and ContractError for a drop-in whose name is taken."""
    if found.dropped_in is None:
        return importlib.import_module(found.package)
    name = _free_name(found.package, found.dropped_in)
    return sys.modules.get(name) or _import_from(found.dropped_in, name)


def import_module(package: ModuleType, name: str, *, optional: bool = False) -> ModuleType | None:
    """The module ``name`` of the plugin, or the package itself if it is a single file.

    ``optional``: None where the package has no such module (one that exists and fails still raises).
    """
    if not hasattr(package, "__path__"):
        return package
    full_name = f"{package.__name__}.{name}"
    if optional and find_spec(full_name) is None:
        return None
    return importlib.import_module(full_name)


def _import_from(path: Path, name: str) -> ModuleType:
    spec = _spec(name, path)
    module = module_from_spec(spec)
    vars(module)[_MARK] = True
    sys.modules[name] = module
    loaded = False
    try:
        assert spec.loader is not None
        spec.loader.exec_module(module)
        loaded = True
    finally:
        if not loaded:
            del sys.modules[name]
    return module


def _spec(name: str, path: Path) -> ModuleSpec:
    if path.is_dir():
        spec = spec_from_file_location(name, path / "__init__.py", submodule_search_locations=[str(path)])
    else:
        spec = spec_from_file_location(name, path)
    assert spec is not None
    return spec


def _free_name(name: str, path: Path) -> str:
    """Its own name; beside another hub's drop-in of that name (two hubs in one process) one made from its place."""
    present = sys.modules.get(name)
    if present is None:
        elsewhere = PathFinder.find_spec(name)
        if name in sys.stdlib_module_names or (elsewhere is not None and _origin(elsewhere.origin) != path):
            raise _name_taken(name, path, "Python" if elsewhere is None else str(elsewhere.origin))
        return name
    if _origin(getattr(present, "__file__", None)) == path:
        return name
    if not hasattr(present, _MARK):
        raise _name_taken(name, path, str(getattr(present, "__file__", None) or "Python"))
    _refuse_absolute_imports(name, path)
    return f"{name}__{blake2s(str(path).encode(), digest_size=4).hexdigest()}"


def _origin(file: str | None) -> Path | None:
    if file is None:
        return None
    path = Path(file).resolve()
    return path.parent if path.name == "__init__.py" else path


def _name_taken(name: str, path: Path, taken_by: str) -> ContractError:
    return ContractError(
        f"{path}: {name} is the import name of {taken_by}; rename it to {PREFIX}{name}",
        key="plugin.name_taken",
        parameters={"where": str(path), "name": name, "taken_by": taken_by},
    )


def _refuse_absolute_imports(name: str, path: Path) -> None:
    """By its own name it would silently reach the modules of the other hub's plugin."""
    for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
        for node in ast.walk(ast.parse(file.read_bytes(), str(file))):
            if name in _imported_roots(node):
                where = f"{file}:{getattr(node, 'lineno', 1)}"
                raise ContractError(
                    f"{where}: another hub in this process has a plugin called {name}; import with a leading dot",
                    key="plugin.absolute_import",
                    parameters={"where": where, "name": name},
                )


def _imported_roots(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name.partition(".")[0] for alias in node.names}
    if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
        return {node.module.partition(".")[0]}
    return set()
