"""All plugins that this hub could run, and what the door plate of each says. Only what is asked for is imported."""

import inspect
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, overload

import voluptuous as vol

from linli.config.catalog import CatalogEntry as Entry
from linli.config.catalog import PluginPlace
from linli.config.phrases import Lookup
from linli.errors import ContractError, LinliError
from linli.ids import PluginDomain
from linli.plugin.discovery import Found, discover
from linli.plugin.hooks import PROJECT
from linli.plugin.importing import import_module, import_package, place_of
from linli.plugin.manifest import Manifest
from linli.translations import read_texts


class PluginUnusable(ContractError):
    """A plugin was found but cannot be used; ``where`` is the file and line, or what brought it."""

    def __init__(self, key: str, text: str, *, domain: str, where: str, **parameters: Any) -> None:
        super().__init__(text, key=key, parameters={"plugin": domain, "where": where, **parameters})
        self.domain = domain
        self.where = where


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogEntry(Entry):
    """A plugin whose door plate was read; :meth:`load` imports its other modules."""

    found: Found
    package: ModuleType
    folder: Path
    """Where its ``translations/`` stand; of a single file the file itself (it has none)."""

    @property
    def id(self) -> PluginDomain:
        """Its domain."""
        return self.manifest.id

    @property
    def package_name(self) -> str:
        """The name under which it is imported."""
        return self.found.package

    @overload
    def load(self, name: str) -> ModuleType: ...
    @overload
    def load(self, name: str, *, optional: Literal[True]) -> ModuleType | None: ...
    def load(self, name: str, *, optional: bool = False) -> ModuleType | None:
        """The plugin's module ``name``; a single file is all of its modules at once. Blocking: imports run its code.

        ``optional``: None where there is no such module, or where a single file declares nothing for it.
        """
        module = import_module(self.package, name, optional=optional)
        if optional and module is self.package and not _declares_hooks(module):
            return None
        return module


def _declares_hooks(module: ModuleType) -> bool:
    return any(
        hasattr(function, f"{PROJECT}_spec") for function in vars(module).values() if inspect.isfunction(function)
    )


class PluginCatalog:
    """The plugins found when it was made (blocking, some milliseconds): the catalog that the check asks."""

    def __init__(self, dropped_into: Path | None = None) -> None:
        """``dropped_into``: the deployment's ``plugins/`` folder, where it has one."""
        self._found = discover(dropped_into)
        self._read: dict[str, CatalogEntry] = {}
        self._unusable: dict[str, PluginUnusable] = {}

    def known(self) -> Sequence[str]:
        """Every domain that somebody claims, sorted; nothing is imported."""
        return tuple(self._found)

    def find(self, domain: str) -> PluginPlace | None:
        """Where the plugin is and who brings it, without importing it; None where there is none."""
        claims = self._found.get(domain)
        if claims is None:
            return None
        first, *others = claims
        return PluginPlace(
            first.distribution, first.shipped, _location(first), tuple(other.distribution for other in others)
        )

    def get(self, domain: str) -> CatalogEntry | None:
        """Manifest and schema; imports the door plate on first asking. None where there is no such plugin.

        Raises PluginUnusable, the same one each time: the door plate raises, says something wrong, or is claimed twice.
        """
        if domain in self._unusable:
            raise self._unusable[domain]
        if domain not in self._read and domain in self._found:
            try:
                self._read[domain] = _read(domain, self._found[domain])
            except PluginUnusable as error:
                self._unusable[domain] = error
                raise
        return self._read.get(domain)


def texts_of(entries: Mapping[str, Entry]) -> Lookup:
    """The texts of these plugins, for what their schemas refuse; read when the first is asked for (blocking)."""

    @cache
    def texts() -> list[dict[str, dict[str, str]]]:
        return [read_texts(entry.folder) for entry in entries.values() if isinstance(entry, CatalogEntry)]

    def find(language: str, key: str) -> str | None:
        # A plugin's own keys have a dot; the config room's have none.
        found = (each.get(language, {}).get(key) for each in texts()) if "." in key else ()
        return next((text for text in found if text is not None), None)

    return find


def _location(found: Found) -> str:
    return found.package if found.dropped_in is None else f"plugins/{found.dropped_in.name}"


def _read(domain: str, claims: Sequence[Found]) -> CatalogEntry:
    found = claims[0]
    if len(claims) > 1:
        names = tuple(claim.distribution for claim in claims)
        raise PluginUnusable(
            "plugin.claimed_twice",
            f"the plugin {domain} is claimed by {', '.join(names)}; remove all but one of them",
            domain=domain,
            where=_location(found),
            claimants=names,
        )
    package = _import_guarded(found)
    manifest = _manifest_of(found, package)
    return CatalogEntry(
        manifest,
        _schema_of(found, package),
        found.distribution,
        found.shipped,
        _location(found),
        found=found,
        package=package,
        folder=_folder_of(package),
    )


def _import_guarded(found: Found) -> ModuleType:
    try:
        return import_package(found)
    except LinliError as error:
        raise PluginUnusable(
            error.key or "plugin.import_failed",
            str(error),
            domain=found.domain,
            reason=str(error),
            **{"where": _location(found), **error.parameters},
        ) from error
    except (Exception, SystemExit) as error:  # the guard: a door plate that raises is a line of the check
        where = _where(error, place_of(found)) or _location(found)
        reason = _reason(error)
        raise PluginUnusable(
            "plugin.import_failed",
            f"{where}: the plugin {found.domain} could not be read: {reason}",
            domain=found.domain,
            where=where,
            reason=reason,
        ) from error


def _reason(error: BaseException) -> str:
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _where(error: BaseException, place: Path | None) -> str | None:
    """``file:line`` of the plugin's own line that raised, or that called what raised."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno or 1}"
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if place is not None and Path(frame.filename).is_relative_to(place):
            return f"{frame.filename}:{frame.lineno}"
    return None


def _manifest_of(found: Found, package: ModuleType) -> Manifest:
    where = package.__file__ or _location(found)
    manifest = getattr(package, "MANIFEST", None)
    if manifest is None:
        text = f"{where}: the plugin {found.domain} declares no MANIFEST"
        raise PluginUnusable("plugin.no_manifest", text, domain=found.domain, where=where)
    if not isinstance(manifest, Manifest):
        kind = type(manifest).__name__
        text = f"{where}: MANIFEST is {kind}, expected linli.Manifest"
        raise PluginUnusable("plugin.wrong_manifest", text, domain=found.domain, where=where, found=kind)
    if manifest.domain != found.domain:
        text = f"{where}: MANIFEST says {manifest.domain}, but the plugin is found under the name {found.domain}"
        raise PluginUnusable("plugin.wrong_domain", text, domain=found.domain, where=where, found=manifest.domain)
    return manifest


def _schema_of(found: Found, package: ModuleType) -> vol.Schema | None:
    schema = getattr(package, "CONFIG", None)
    if schema is None or isinstance(schema, vol.Schema):
        return schema
    where, kind = package.__file__ or _location(found), type(schema).__name__
    text = f"{where}: CONFIG is {kind}, expected a voluptuous schema"
    raise PluginUnusable("plugin.wrong_schema", text, domain=found.domain, where=where, found=kind)


def _folder_of(package: ModuleType) -> Path:
    paths = getattr(package, "__path__", None)
    return Path(next(iter(paths))) if paths else Path(package.__file__ or "")
