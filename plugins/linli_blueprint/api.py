"""What automations and scripts ask: what a rule that fills a blueprint says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from linli import EventType, Scope
from linli_blueprint.model import Blueprint

__all__ = ["BLUEPRINT_CHANGED", "Blueprint", "BlueprintsApi", "Filled"]

BLUEPRINT_CHANGED: Final[EventType[dict[str, Any]]] = EventType("blueprint_changed")
"""Another text was saved for a blueprint: rules that fill it are to be as it says now.

domain: ``automation`` or ``script``
path: which one
"""


@dataclass(frozen=True, slots=True)
class Filled:
    """A blueprint with its holes filled."""

    config: Mapping[str, Any]
    """What the rule says, in the spelling of today (``triggers``, ``conditions``, ``actions``)."""
    saved: bool = False
    """It was saved by API: a rule made of it does no more than whoever saved it may."""
    user_id: str | None = None
    """Who saved it; None: nobody with a name, or it is a file of the deployment."""
    scope: Scope | None = None
    """What the token of that user was narrowed to."""


class BlueprintsApi(Protocol):
    """The blueprints of the hub."""

    async def fill(self, domain: str, written: Mapping[str, Any]) -> Filled:
        """What a rule with ``use_blueprint`` says; what stands beside it counts before the blueprint's.

        Raises InvalidRequest.
        """

    async def used(self, domain: str, rules: Mapping[str, str]) -> None:
        """These rules of a domain, and no others, fill blueprints: by rule the path of its blueprint."""

    async def forget(self) -> None:
        """Read the files again when somebody asks next."""
