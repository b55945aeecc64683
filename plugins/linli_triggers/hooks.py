"""What other plugins may add to the language of triggers and conditions."""

from collections.abc import Mapping, Sequence
from typing import Any

from linli import Answer, hookspec


@hookspec
def triggers_condition_kinds() -> Answer[Sequence[str]]:
    """The words after ``condition:`` that the plugin tests.

    Called whenever conditions are checked or tested; it has 10 s. None: none. An error or a time-out: none.
    """


@hookspec
def triggers_test_condition(kind: str, config: Mapping[str, Any], variables: Mapping[str, Any]) -> Answer[bool]:
    """Whether a condition of one of the plugin's kinds holds now; ``config`` is rendered, without ``condition:``.

    Called by triggers once per test; it has 10 s. None: not my kind. No answer, an error or a time-out: the condition
    does not hold, and the rule that asks is told why.
    """
