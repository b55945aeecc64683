"""What the domains share: features that follow from what an entity can be told, and on, off, toggle."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from linli import EntityDescription, PluginContext, State

R = TypeVar("R")

ON: Final = "on"
OFF: Final = "off"


@dataclass(frozen=True, kw_only=True, eq=False)
class HomeEntity(EntityDescription[R]):
    """A description that knows its own features: they are never said beside the commands they stand for."""

    def __post_init__(self) -> None:
        if self.supported_features is None:
            object.__setattr__(self, "supported_features", self.features())

    def features(self) -> int | None:
        """The bits that clients read; None: the domain has none."""
        return None


def features_of(features: Mapping[int, object]) -> int:
    """The sum of those bits beside which something stands."""
    return sum(int(bit) for bit, given in features.items() if given)


def present(**attributes: Any) -> dict[str, Any]:
    """The attributes that are not None."""
    return {name: value for name, value in attributes.items() if value is not None}


def is_on(state: State | None) -> bool:
    """Whether an entity shows that it is on."""
    return state is not None and state.state == ON


def toggled(service: str, state: State | None) -> str:
    """``turn_off`` for a toggle of what is on, ``turn_on`` for one of what is not; any other service as it is."""
    if service != "toggle":
        return service
    return "turn_off" if is_on(state) else "turn_on"


def attribute(state: State | None, name: str) -> Any:
    """What an entity shows under a name; None where it shows nothing."""
    return None if state is None else state.attributes.get(name)


def register_on_off(ctx: PluginContext, domain: str, on: int = 0, off: int = 0) -> None:
    """Offer turn_on, turn_off and toggle without data; ``on`` and ``off`` are the feature bits they need."""
    ctx.services.register_entity(domain, "turn_on", features=[on] if on else ())
    ctx.services.register_entity(domain, "turn_off", features=[off] if off else ())
    ctx.services.register_entity(domain, "toggle", features=[on | off] if on | off else ())
