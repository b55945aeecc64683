"""In which order plugins are set up: a plugin after what it requires and after what its manifest puts before it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from linli.errors import DeploymentError
from linli.ids import PluginDomain
from linli.messages import Message
from linli.plugin.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Missing:
    """A plugin requires another that is not there."""

    domain: str
    requires: str

    @property
    def message(self) -> Message:
        return Message("plugin.missing", {"plugin": self.domain, "missing": self.requires})

    def __str__(self) -> str:
        return f"the plugin {self.domain} requires {self.requires}, which is not enabled"


@dataclass(frozen=True, slots=True)
class Cycle:
    """Plugins that wait for each other; each of ``domains`` waits for the next, the last for the first."""

    domains: tuple[str, ...]

    @property
    def path(self) -> str:
        """``a → b → a``."""
        return " → ".join((*self.domains, self.domains[0]))

    @property
    def message(self) -> Message:
        return Message("plugin.cycle", {"cycle": self.path})

    def __str__(self) -> str:
        return f"plugins wait for each other: {self.path}"


class OrderError(DeploymentError):
    """There is no order; ``missing`` and ``cycles`` say why, completely."""

    def __init__(self, missing: Sequence[Missing], cycles: Sequence[Cycle]) -> None:
        lines = tuple(str(reason) for reason in (*missing, *cycles))
        super().__init__("; ".join(lines), lines)
        self.missing = tuple(missing)
        self.cycles = tuple(cycles)


def waits_for(manifests: Mapping[str, Manifest]) -> dict[str, frozenset[str]]:
    """What each plugin waits for among ``manifests``: all that it requires, and of ``after`` what is there."""
    return {
        domain: frozenset(name for name in (*manifest.requires, *manifest.after) if name in manifests)
        for domain, manifest in manifests.items()
    }


def missing_in(manifests: Mapping[str, Manifest]) -> list[Missing]:
    """Every requirement that nothing among ``manifests`` meets."""
    return [
        Missing(domain, name)
        for domain in sorted(manifests)
        for name in manifests[domain].requires
        if name not in manifests
    ]


def cycles_in(waits: Mapping[str, Iterable[str]]) -> list[Cycle]:
    """Cycles until none is left: after one is named its plugins are taken out and the rest is looked at again.

    Each begins with the first of its names, so that the same cycle always reads the same.
    """
    left = {domain: set(names) for domain, names in sorted(waits.items())}
    found: list[Cycle] = []
    while True:
        try:
            TopologicalSorter({domain: sorted(names) for domain, names in left.items()}).prepare()
        except CycleError as error:
            around = list(reversed(error.args[1][1:]))  # graphlib lists it from what is waited for to who waits
            first = around.index(min(around))
            found.append(Cycle((*around[first:], *around[:first])))
            left = {domain: names.difference(around) for domain, names in left.items() if domain not in around}
        else:
            return found


def stages_of(manifests: Mapping[str, Manifest]) -> list[list[PluginDomain]]:
    """The plugins in stages: those of one stage wait only for earlier ones and may be set up at once.

    Sorted within a stage, so that two starts go the same way. Raises OrderError, which names everything that is wrong.
    """
    waits = waits_for(manifests)
    missing, cycles = missing_in(manifests), cycles_in(waits)
    if missing or cycles:
        raise OrderError(missing, cycles)
    sorter = TopologicalSorter(waits)
    sorter.prepare()
    stages: list[list[PluginDomain]] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        stages.append([PluginDomain(domain) for domain in ready])
        sorter.done(*ready)
    return stages
