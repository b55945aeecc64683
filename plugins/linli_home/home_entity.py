"""What the domains share: features that follow from what an entity can be told, and on, off, toggle."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache
from typing import Any, Final, TypeVar, get_args, get_origin

from linli import ContractError, EntityDescription, PluginContext, State

R = TypeVar("R")

ON: Final = "on"
OFF: Final = "off"


@dataclass(frozen=True, kw_only=True, eq=False)
class HomeEntity(EntityDescription[R]):
    """A description that knows its own features: they are never said beside the commands they stand for.

    A word of a fixed choice (``state_class="measurement"``) may be given as plain text; one that is none of the choice
    raises ContractError.
    """

    def __post_init__(self) -> None:
        description: Any = type(self)
        for name, choice, holder in choices_of(description):
            given = getattr(self, name)
            if holder is None:
                chosen = given if given is None else self._chosen(name, choice, given)
            else:
                chosen = holder(self._chosen(name, choice, word) for word in given)
            object.__setattr__(self, name, chosen)
        if self.supported_features is None:
            object.__setattr__(self, "supported_features", self.features())

    def features(self) -> int | None:
        """The bits that clients read; None: the domain has none."""
        return None

    def _chosen(self, name: str, choice: type[StrEnum], given: str) -> StrEnum:
        try:
            return choice(given)
        except ValueError:
            known = ", ".join(choice)
            raise ContractError(
                f"{self.domain} {self.unique_id}: {name} is {given!r}, which is none of {known}"
            ) from None


@cache
def choices_of(description: type[Any]) -> tuple[tuple[str, type[StrEnum], Callable[[Any], Any] | None], ...]:
    """Which fields of a description hold words of a fixed choice, the choice, and what holds several of them."""
    return tuple(
        (field.name, kind, holder if (holder := get_origin(field.type)) in (tuple, frozenset) else None)
        for field in fields(description)
        for kind in (get_args(field.type) or (field.type,))
        if isinstance(kind, type) and issubclass(kind, StrEnum)
    )


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
