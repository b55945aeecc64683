"""What no wall may touch: the plugins of sections marked ``safety: true``, what they need, and what they name."""

from collections.abc import Callable, Collection, Iterator, Mapping
from enum import StrEnum
from typing import Any

from linli.config import Checked
from linli.ids import PluginDomain
from linli.plugin.manifest import Privilege


class Exempt(StrEnum):
    """Why a plugin is never quarantined."""

    SAFETY = "safety"
    """Its section is marked ``safety: true``, such a plugin requires it, or it makes an entity that one names."""
    SERVING = "serving"
    """Answers go through it, or what answers requires it: without it nobody could look at the hub, and release it."""


class Safeguard:
    """Asked by the flood limits (once per plugin, entity or event) and by the quarantine."""

    def __init__(self, checked: Checked, owner_of: Callable[[str], PluginDomain | None]) -> None:
        """``owner_of``: whose an entity is, by the registry."""
        self._entries = checked.entries
        self._owner_of = owner_of
        self._named = _named_in(checked)
        """What each section that is marked names."""
        serving = {
            domain
            for domain, entry in checked.entries.items()
            if Privilege.SERVE in entry.manifest.capabilities.privileges
        }
        self._serving = self._with_needs(frozenset(serving))
        self.plugins: frozenset[str] = frozenset()
        """Plugins marked ``safety: true`` and all that they require."""
        self.names: frozenset[str] = frozenset()
        """Every text in those sections: the entities and events that they name are among them."""
        self._sum_up()

    def take_up(self, checked: Checked, domains: Collection[str]) -> None:
        """The sections of ``domains`` hold as they are now."""
        kept = {domain: names for domain, names in self._named.items() if domain not in domains}
        self._named = kept | {domain: names for domain, names in _named_in(checked).items() if domain in domains}
        self._sum_up()

    def _sum_up(self) -> None:
        self.plugins = frozenset(self._with_needs(frozenset(self._named)))
        self.names = frozenset().union(*self._named.values())

    def _with_needs(self, domains: frozenset[str]) -> set[str]:
        found: set[str] = set()
        left = set(domains)
        while left:
            domain = left.pop()
            found.add(domain)
            entry = self._entries.get(domain)
            if entry is not None:
                left.update(set(entry.manifest.requires) - found)
        return found

    def exempt(self, domain: PluginDomain) -> Exempt | None:
        """Why ``domain`` is not to be stopped, or None."""
        if domain in self.plugins or any(self._owner_of(name) == domain for name in self.names):
            return Exempt.SAFETY
        return Exempt.SERVING if domain in self._serving else None


def _named_in(checked: Checked) -> dict[str, frozenset[str]]:
    """Every text in the sections of the plugins that are marked, by plugin."""
    return {
        domain: frozenset(text for settings in checked.settings(domain) for text in _texts(settings))
        for domain in checked.deployment.safety_domains
    }


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield str(value)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _texts(key)  # "binary_sensor.smoke: {delay: 5s}"
            yield from _texts(each)
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from _texts(each)
