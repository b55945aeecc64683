"""All plugins that this hub could run, and what the door plate of each says. Only what is asked for is imported."""

import inspect
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, Literal, overload

import voluptuous as vol

from linli.config.catalog import CatalogEntry as Entry
from linli.config.catalog import PluginPlace
from linli.config.parts import PartsCheck
from linli.config.phrases import Lookup
from linli.errors import ContractError, LinliError
from linli.ids import PluginDomain
from linli.plugin.discovery import Found, discover
from linli.plugin.guarded import PROJECT, has_one_answer, is_guarded
from linli.plugin.importing import import_module, import_package, place_of
from linli.plugin.manifest import Manifest
from linli.plugin.plate_reader import PlateRefused, read_apart
from linli.process.confine import kernel
from linli.process.limits import may_become
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
    package: ModuleType | None
    """None: it is not trusted, and no line of it runs here."""
    folder: Path
    """Where its ``translations/`` stand; of a single file the file itself (it has none)."""

    @property
    def id(self) -> PluginDomain:
        """Its domain."""
        return self.manifest.id

    def uncontained(self, user: str | None) -> tuple[str, ...]:
        """What nothing keeps from it although it is not trusted: ``files``, ``network``, ``hosts`` (the network is, but
        not to what the manifest names), ``user`` (it runs as the hub does). ``user``: as whom it is to run."""
        able = kernel()
        has_network = bool(self.manifest.capabilities.network)
        missing = {
            "files": not able.files,
            "network": not has_network and not able.network,
            "hosts": has_network,
            "user": user is None or not may_become(user, str(self.folder)),
        }
        return tuple(name for name, is_missing in missing.items() if is_missing)

    def services(self) -> Mapping[str, frozenset[str]]:
        """The names of the services that its texts describe, by domain; read and not run, so of every plugin."""
        try:
            texts = read_texts(self.folder).get("en", {})
        except (OSError, ValueError):
            return {}
        found: dict[str, set[str]] = {}
        for room, domain, name, *_ in (parts for parts in (key.split(".") for key in texts) if len(parts) > 2):
            if room == "services":
                found.setdefault(domain, set()).add(name)
        return {domain: frozenset(names) for domain, names in found.items()}

    def one_answer_hooks(self) -> frozenset[str]:
        """The guarded hooks that it declares and that have one answer; of one that is trusted, since it runs code."""
        try:
            module = self.load("hooks", optional=True)
        except (Exception, SystemExit):  # noqa: BLE001 - the guard: what does not import is found when it is set up
            return frozenset()
        specs = {} if module is None else _specs_in(module)
        return frozenset(name for name, spec in specs.items() if is_guarded(spec) and has_one_answer(spec))

    def parts_check(self) -> PartsCheck | None:
        """``check_parts`` of its ``checks.py``; of one that is trusted, since it runs code."""
        if not self.trusted or self.package is None:
            return None
        try:
            module = import_module(self.package, "checks", optional=True)
        except (Exception, SystemExit):  # noqa: BLE001 - the guard: what does not import is found when it is set up
            return None
        found: PartsCheck | None = getattr(module, "check_parts", None)
        return found

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
        if self.package is None:
            raise ContractError(f"{self.manifest.domain} is not trusted; its code runs in a process of its own")
        module = import_module(self.package, name, optional=optional)
        if optional and module is self.package and not _specs_in(module):
            return None
        return module


def _specs_in(module: ModuleType) -> dict[str, FunctionType]:
    return {
        name: function
        for name, function in vars(module).items()
        if inspect.isfunction(function) and hasattr(function, f"{PROJECT}_spec")
    }


class PluginCatalog:
    """The plugins found when it was made (blocking, some milliseconds): the catalog that the check asks."""

    def __init__(self, dropped_into: Path | None = None) -> None:
        """``dropped_into``: the deployment's ``plugins/`` folder, where it has one."""
        self._found = discover(dropped_into)
        self._read: dict[tuple[str, bool], CatalogEntry] = {}
        self._unusable: dict[tuple[str, bool], PluginUnusable] = {}

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

    def get(self, domain: str, *, trusted: bool = False) -> CatalogEntry | None:
        """Manifest and schema; read on first asking. None where there is no such plugin.

        What is shipped, or ``trusted`` by the deployment, is imported; anything else is read in a process of its own,
        since importing runs code.

        Raises PluginUnusable, the same one each time: the door plate raises, says something wrong, or is claimed twice.
        """
        claims = self._found.get(domain, ())
        key = (domain, trusted or (bool(claims) and claims[0].shipped))
        if key in self._unusable:
            raise self._unusable[key]
        if key not in self._read and claims:
            try:
                self._read[key] = _read(domain, claims, here=key[1])
            except PluginUnusable as error:
                self._unusable[key] = error
                raise
        return self._read.get(key)


def texts_of(entries: Mapping[str, Entry]) -> Lookup:
    """The texts of these plugins, for what their schemas refuse; read when the first is asked for (blocking)."""

    @cache
    def texts() -> list[dict[str, dict[str, str]]]:
        return [
            read_texts(entry.folder) for entry in entries.values() if isinstance(entry, CatalogEntry) and entry.trusted
        ]

    def find(language: str, key: str) -> str | None:
        # A plugin's own keys have a dot; the config room's have none.
        found = (each.get(language, {}).get(key) for each in texts()) if "." in key else ()
        return next((text for text in found if text is not None), None)

    return find


def _location(found: Found) -> str:
    return found.package if found.dropped_in is None else f"plugins/{found.dropped_in.name}"


def _read(domain: str, claims: Sequence[Found], *, here: bool) -> CatalogEntry:
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
    if not here:
        return _read_apart(found)
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


def plate_of(found: Found) -> tuple[Manifest, vol.Schema | None]:
    """Manifest and schema; imports the door plate. Raises PluginUnusable."""
    package = _import_guarded(found)
    return _manifest_of(found, package), _schema_of(found, package)


def _read_apart(found: Found) -> CatalogEntry:
    place = place_of(found)
    try:
        plate = read_apart(found, place)
    except PlateRefused as error:
        where = error.parameters.get("where", _location(found))
        reason = {"reason": str(error), **error.parameters}
        raise PluginUnusable(
            error.key or "plugin.import_failed", str(error), domain=found.domain, where=where,
            **{name: value for name, value in reason.items() if name not in ("plugin", "where")},
        ) from error  # fmt: skip
    if plate.manifest.domain != found.domain:
        raise _wrong_domain(found, plate.manifest, _location(found))
    return CatalogEntry(
        plate.manifest, plate.schema, found.distribution, False, _location(found), trusted=False, found=found,
        package=None, folder=place or Path(),
    )  # fmt: skip


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
        raise _wrong_domain(found, manifest, where)
    return manifest


def _wrong_domain(found: Found, manifest: Manifest, where: str) -> PluginUnusable:
    text = f"{where}: MANIFEST says {manifest.domain}, but the plugin is found under the name {found.domain}"
    return PluginUnusable("plugin.wrong_domain", text, domain=found.domain, where=where, found=manifest.domain)


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
