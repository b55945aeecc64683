"""The actions of a sequence, by kind."""

from collections.abc import Mapping
from typing import Final

from linli_automation.engine.actions import flow, loops, plain, waits
from linli_automation.engine.running import Action

ACTIONS: Final[Mapping[str, Action]] = {
    "service": plain.call,
    "event": plain.fire,
    "variables": plain.set_variables,
    "stop": plain.stop,
    "condition": flow.condition,
    "choose": flow.choose,
    "if": flow.decide,
    "sequence": flow.sequence,
    "parallel": flow.parallel,
    "repeat": loops.repeat,
    "delay": waits.delay,
    "wait_template": waits.wait_template,
    "wait_for_trigger": waits.wait_for_trigger,
    "*": plain.foreign,
}
