"""What a template read while it rendered, so that it is rendered again when that changes, and only then."""

from dataclasses import dataclass, field
from typing import Any

from linli.template.errors import NotNow, TemplateError

ALL_STATES_EVERY = 60.0
"""Seconds between two renders of a template that looked at every state."""
DOMAIN_EVERY = 1.0
"""Seconds between two renders of a template that looked at every state of a domain."""


@dataclass(slots=True)
class RenderInfo:
    """The result of a render (or its error), and which changes make it old."""

    result: Any = None
    """Text, or the value that it stands for; None after an error."""
    error: TemplateError | None = None
    entities: set[str] = field(default_factory=set)
    """Entities whose state was read, also ones that do not exist (yet)."""
    domains: set[str] = field(default_factory=set)
    """Domains whose states were gone through."""
    domains_lifecycle: set[str] = field(default_factory=set)
    """Domains whose entities were counted only."""
    all_states: bool = False
    all_states_lifecycle: bool = False
    has_time: bool = False
    """It asked for the time: render it at every full minute too."""
    is_static: bool = False
    """Text without any template in it."""

    @property
    def refused(self) -> NotNow | None:
        """Why it was not rendered at all; it may be asked for again."""
        return self.error if isinstance(self.error, NotNow) else None

    @property
    def rate_limit(self) -> float | None:
        """Seconds that must pass between two renders for changes; None: no limit."""
        if self.all_states or self.error is not None:
            return ALL_STATES_EVERY
        return DOMAIN_EVERY if self.domains or self.domains_lifecycle else None

    def reads(self, entity_id: str) -> bool:
        """Whether a change of this entity's state makes the result old; after an error any change may."""
        if self.all_states or self.error is not None or entity_id in self.entities:
            return True
        return bool(self.domains) and entity_id.partition(".")[0] in self.domains

    def counts(self, entity_id: str) -> bool:
        """Whether the coming or going of this entity makes the result old."""
        if self.all_states_lifecycle or self.reads(entity_id):
            return True
        return bool(self.domains_lifecycle) and entity_id.partition(".")[0] in self.domains_lifecycle
