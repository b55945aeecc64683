"""What a manifest allows, compiled once: asked at the door by set look-ups, never on the path of a reading."""

from collections.abc import Iterable
from typing import Final, Literal

from linli.errors import ContractError
from linli.ids import PluginDomain
from linli.plugin.manifest import Manifest

Kind = Literal["calls", "serves", "entities", "fires", "listens", "network", "personal_data", "answers"]
"""A field of :class:`linli.plugin.manifest.Capabilities`."""

VERBS: Final[dict[Kind, str]] = {
    "calls": "calls the service",
    "serves": "offers a service in the domain",
    "entities": "makes or writes an entity of the domain",
    "fires": "fires the event",
    "listens": "listens to",
    "network": "reaches",
    "personal_data": "uses personal data of the class",
    "answers": "answers the guarded hook",
}
EVERY_STATE: Final = "state_changed"


class Names:
    """Names as a manifest lists them: whole ones, families (``light.*``: all that begin with ``light.``), or ``*``."""

    __slots__ = ("_families", "_names", "everything")

    def __init__(self, names: Iterable[str]) -> None:
        listed = tuple(names)
        self.everything = "*" in listed
        self._families = tuple(name[:-1] for name in listed if name.endswith(".*"))
        self._names = frozenset((*listed, *(family[:-1] for family in self._families)))

    def __contains__(self, name: str) -> bool:
        return self.everything or name in self._names or (bool(self._families) and name.startswith(self._families))

    def __bool__(self) -> bool:
        return self.everything or bool(self._names)


class Allowed:
    """What one plugin may do at the door. What is its own (its domain's services and events) needs no line."""

    __slots__ = (
        "_begins", "_calls", "_domain", "_entities", "_fires", "_listens", "_network", "_personal_data", "_serves",
    )  # fmt: skip

    def __init__(self, manifest: Manifest) -> None:
        said = manifest.capabilities
        self._domain = manifest.domain
        self._begins = (f"{manifest.domain}_", f"{manifest.domain}.")
        self._calls = Names((*said.calls, f"{manifest.domain}.*"))
        self._serves = Names((*said.serves, manifest.domain))
        self._entities = Names(said.entities)
        self._fires = Names(said.fires)
        self._listens = Names(said.listens)
        self._network = Names(said.network)
        self._personal_data = Names(said.personal_data)

    def calls(self, domain: str, service: str) -> bool:
        """May it call this service?"""
        return f"{domain}.{service}" in self._calls

    def serves(self, domain: str) -> bool:
        """May it register services in this domain?"""
        return domain in self._serves

    def entities(self, domain: str) -> bool:
        """May it make entities, and write states, of this entity domain?"""
        return domain in self._entities

    def fires(self, event_type: str) -> bool:
        """May it fire this event?"""
        return self._own(event_type) or event_type in self._fires

    def listens(self, event_type: str) -> bool:
        """May it hear this event?"""
        return self._own(event_type) or event_type in self._listens

    def follows(self, domain: str) -> bool:
        """May it follow entities of this entity domain? Those that it makes always."""
        return domain in self._listens or EVERY_STATE in self._listens or domain in self._entities

    def reads(self, domain: str) -> bool:
        """May it read all entities of this entity domain, where it is not in the hub's process?"""
        return domain in self._listens or EVERY_STATE in self._listens

    def reaches(self, host: str) -> bool:
        """May it connect to, or listen at, ``host`` (a name, or ``lan``)? ``internet`` means any host outside."""
        return host in self._network or (host != "lan" and "internet" in self._network)

    def personal_data(self, kind: str | None) -> bool:
        """May it use this class of personal data; None: does it name any at all?"""
        return bool(self._personal_data) if kind is None else kind in self._personal_data

    def _own(self, event_type: str) -> bool:
        return event_type == self._domain or event_type.startswith(self._begins)


class Undeclared(ContractError):
    """A plugin did what its manifest does not name; the sentence ends with the line to add."""

    def __init__(self, plugin: PluginDomain, kind: Kind, name: str) -> None:
        line = f'capabilities=Capabilities({kind}=("{name}",))'
        super().__init__(
            f"{plugin} {VERBS[kind]} {name}, which its manifest does not name; add to MANIFEST: {line}",
            key="plugin.undeclared",
            parameters={"plugin": plugin, "kind": kind, "name": name, "line": line},
        )
