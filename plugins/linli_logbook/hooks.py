"""How other plugins take part in the logbook."""

from collections.abc import Sequence

from linli import Answer, hookspec
from linli_logbook.api import Described


@hookspec
def logbook_described() -> Answer[Sequence[Described]]:
    """The types of events of this plugin that make a line in the logbook.

    Asked when the logbook is first read and whenever a plugin has come or gone; it has 5 s. None, an error or a
    time-out: this plugin's events make no lines until it is asked again. Of two that describe one type the first by
    name of plugin holds.
    """
