"""Which entities statistics are made of, and what their rows say: read from states now, and from those recorded."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from linli import PluginContext, State, loads
from linli_recorder.recorder import Recorder
from linli_recorder.statistics.model import MEAN_TYPES, STATE_CLASSES, SUMMED, MeanType
from linli_recorder.whose import StreamKey

DOMAIN: Final = "sensor"


@dataclass(frozen=True, slots=True)
class Source:
    """A sensor that statistics are made of."""

    entity_id: str
    owner: str
    state_class: str
    unit: str | None
    streams: tuple[tuple[int, StreamKey], ...]
    """The one in which it is recorded now comes last."""

    @property
    def mean_type(self) -> MeanType:
        return MEAN_TYPES.get(self.state_class, MeanType.NONE)

    @property
    def has_sum(self) -> bool:
        return self.state_class in SUMMED

    @property
    def only_grows(self) -> bool:
        return self.state_class == "total_increasing"


@dataclass(frozen=True, slots=True)
class Traits:
    """What the attributes of a row say that statistics depend on."""

    unit: str | None
    last_reset_us: int | None

    @classmethod
    def of(cls, text: str) -> "Traits":
        """Of stored attributes."""
        return cls.read(loads(text))

    @classmethod
    def read(cls, attributes: Mapping[str, Any]) -> "Traits":
        """Of an entity's attributes."""
        unit = attributes.get("unit_of_measurement")
        return cls(unit if isinstance(unit, str) else None, _moment_us(attributes.get("last_reset")))


def _moment_us(written: Any) -> int | None:
    if not isinstance(written, str):
        return None
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return None
    return None if moment.tzinfo is None else round(moment.timestamp() * 1e6)


def sources(ctx: PluginContext, recorder: Recorder) -> list[Source]:
    """Every sensor with a state class that is recorded, by the order of its states."""
    found = (source_of(state, recorder) for state in ctx.states.all() if state.domain == DOMAIN)
    return [source for source in found if source is not None]


def state_class_of(state: State) -> str | None:
    """The state class, where statistics know it."""
    state_class = state.attributes.get("state_class")
    return state_class if state_class in STATE_CLASSES else None


def source_of(state: State, recorder: Recorder) -> Source | None:
    """What statistics know of a sensor; None where they make none of it."""
    state_class = state_class_of(state)
    stream = recorder.streams.of(state.entity_id)
    if state_class is None or stream is None:
        return None
    known = recorder.mirror.of_owner(stream.owner)
    streams = sorted(known.items(), key=lambda each: (each[1] == stream.key, each[0]))
    unit = Traits.read(state.attributes).unit
    return Source(state.entity_id, stream.owner, state_class, unit, tuple(streams))
