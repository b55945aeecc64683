"""The domains of helpers, and what tells one from another."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from linli_helpers import button, counter, moment, schedule, select, text, timer
from linli_helpers.entities import Helper, Number, Switch
from linli_helpers.model import BOOLEAN_KEYS, NUMBER_KEYS, Item, check_number


class Kind:
    """What tells one domain of helpers from another."""

    def __init__(
        self,
        domain: str,
        keys: Mapping[Any, Any],
        live: Callable[..., Helper],
        check: Callable[[Item], None] = lambda item: None,
        rows: str | None = None,
    ) -> None:
        self.domain = domain
        self.keys = keys
        """What a client sends of one."""
        self.defaults = {str(key): key.default() for key in keys if callable(getattr(key, "default", None))}
        """What one is that says nothing else."""
        self.live = live
        """Brings one to life."""
        self.check = check
        """Raises where the parts of one do not fit each other."""
        self.rows = rows
        """The kind of documents that it keeps beside its items, by id."""
        self.id_key = f"{domain}_id"


KINDS: Final = (
    Kind("input_boolean", BOOLEAN_KEYS, Switch),
    Kind("input_number", NUMBER_KEYS, Number, check_number),
    Kind(select.DOMAIN, select.KEYS, select.Choice, select.check),
    Kind(text.DOMAIN, text.KEYS, text.Words, text.check),
    Kind(moment.DOMAIN, moment.KEYS, moment.Moment, moment.check),
    Kind(counter.DOMAIN, counter.KEYS, counter.Count),
    Kind(button.DOMAIN, button.KEYS, button.Button),
    Kind(timer.DOMAIN, timer.KEYS, timer.Countdown, rows=timer.RUNS),
    Kind(schedule.DOMAIN, schedule.KEYS, schedule.Week),
)
