"""Helpers: switches, numbers, choices … without a device behind them, for people and automations to agree on."""

from itertools import pairwise
from typing import Any

import voluptuous as vol

from linli import Capabilities, Manifest
from linli import schema as sv

DOMAINS = (
    "counter",
    "input_boolean",
    "input_button",
    "input_datetime",
    "input_number",
    "input_select",
    "input_text",
    "schedule",
    "timer",
)

MANIFEST = Manifest(
    domain="helpers",
    layer="management",
    capabilities=Capabilities(
        serves=DOMAINS,
        entities=DOMAINS,
        fires=(
            "timer.started",
            "timer.restarted",
            "timer.paused",
            "timer.cancelled",
            "timer.finished",
            "timer.changed",
        ),
    ),
)

NAME = {
    vol.Optional("name", description="What people call it; otherwise it is called after its key"): sv.text(min=1),
    vol.Optional("icon", description="Its picture, such as mdi:account"): sv.icon,
}


def in_range(number: dict[str, Any]) -> dict[str, Any]:
    """The bounds are in order and the first value lies between them."""
    if number["min"] >= number["max"]:
        low, high = number["min"], number["max"]
        message = f"max ({high}) must be greater than min ({low})"
        raise sv.Refusal("helpers.max_below_min", ["max"], min=low, max=high, message=message)
    if "initial" in number and not number["min"] <= number["initial"] <= number["max"]:
        low, high, initial = number["min"], number["max"], number["initial"]
        message = f"initial ({initial}) must lie between {low} and {high}"
        raise sv.Refusal("helpers.initial_outside", ["initial"], min=low, max=high, initial=initial, message=message)
    return number


def among(select: dict[str, Any]) -> dict[str, Any]:
    """The first choice is one of the options."""
    if "initial" in select and select["initial"] not in select["options"]:
        options, initial = ", ".join(select["options"]), select["initial"]
        message = f"initial ({initial}) is none of the options: {options}"
        raise sv.Refusal("helpers.initial_no_option", ["initial"], options=options, initial=initial, message=message)
    return select


SELECT = vol.All(
    sv.section(
        {
            **NAME,
            vol.Required("options", description="What can be chosen"): sv.ensure_list(sv.string, min=1, unique=True),
            vol.Optional("initial", description="What is chosen first; otherwise what was"): sv.string,
        }
    ),
    among,
)


def long_enough(text: dict[str, Any]) -> dict[str, Any]:
    """The first text is as long as a text may be, and there is such a length."""
    low, high, initial = text["min"], text["max"], text.get("initial")
    if low > high:
        message = f"max ({high}) must be greater than min ({low})"
        raise sv.Refusal("helpers.max_below_min", ["max"], min=low, max=high, message=message)
    if initial is not None and not low <= len(initial) <= high:
        message = f"initial must have {low} to {high} characters"
        raise sv.Refusal("helpers.initial_length", ["initial"], min=low, max=high, message=message)
    return text


TEXT = vol.All(
    sv.section(
        {
            **NAME,
            vol.Optional("min", default=0, description="The fewest characters"): sv.integer(min=0, max=255),
            vol.Optional("max", default=100, description="The most characters"): sv.integer(min=0, max=255),
            vol.Optional("initial", description="What it says first; otherwise what it said"): sv.string,
            vol.Optional("pattern", description="A regular expression that it fits as a whole"): sv.regex,
            vol.Optional("mode", default="text", description="Whether others may read along"): sv.one_of(
                "text", "password"
            ),
            vol.Optional("unit_of_measurement", description="What it counts, such as %"): sv.string,
        }
    ),
    long_enough,
)


def day_or_time(moment: dict[str, Any]) -> dict[str, Any]:
    """It has a day or a time, and its first value is one."""
    if not moment["has_date"] and not moment["has_time"]:
        message = "has_date or has_time must be true"
        raise sv.Refusal("helpers.no_day_no_time", ["has_date"], message=message)
    initial = moment.get("initial")
    try:
        if initial is not None:
            kind = sv.any_of(sv.datetime, sv.date) if moment["has_date"] else sv.time
            kind(initial)
    except vol.Invalid as error:
        wanted = "date" if moment["has_date"] else "time"
        message = f"initial ({initial}) is no {wanted}"
        raise sv.Refusal(f"helpers.initial_no_{wanted}", ["initial"], initial=str(initial), message=message) from error
    return moment


MOMENT = vol.All(
    sv.section(
        {
            **NAME,
            vol.Optional("has_date", default=False, description="Whether it is a day"): sv.boolean,
            vol.Optional("has_time", default=False, description="Whether it is a time of day"): sv.boolean,
            vol.Optional("initial", description="Where it starts; otherwise where it was"): sv.any_of(
                sv.datetime, sv.date, sv.time
            ),
        }
    ),
    day_or_time,
)


def in_order(counter: dict[str, Any]) -> dict[str, Any]:
    """The bounds are in order."""
    low, high = counter["minimum"], counter["maximum"]
    if low is not None and high is not None and low > high:
        message = f"maximum ({high}) must be greater than minimum ({low})"
        raise sv.Refusal("helpers.maximum_below_minimum", ["maximum"], min=low, max=high, message=message)
    return counter


COUNTER = vol.All(
    sv.section(
        {
            **NAME,
            vol.Optional("initial", default=0, description="Where it starts, and what reset means"): sv.integer(min=0),
            vol.Optional("step", default=1, description="By how much one step changes it"): sv.integer(min=0),
            vol.Optional("minimum", default=None, description="The smallest count"): sv.maybe(sv.integer()),
            vol.Optional("maximum", default=None, description="The greatest count"): sv.maybe(sv.integer()),
            vol.Optional("restore", default=True, description="Whether a restart leaves the count"): sv.boolean,
        }
    ),
    in_order,
)
BUTTON = sv.section(NAME)

TIMER = sv.section(
    {
        **NAME,
        vol.Optional("duration", default="0:00:00", description="How long it runs"): sv.seconds_or_duration,
        vol.Optional("restore", default=False, description="Whether it goes on after a restart"): sv.boolean,
    }
)


class _EndOfDay(sv.Validator):
    """A time of day, or 24:00; gives text."""

    example = "22:00"

    def __call__(self, value: Any) -> str:
        return "24:00:00" if value in ("24:00", "24:00:00") else str(sv.time(value))

    def json_schema(self) -> dict[str, Any]:
        return {"anyOf": [sv.time.json_schema(), {"type": "string", "pattern": "^24:00(?::00)?$"}]}

    def selector(self) -> dict[str, Any]:
        return {"time": {}}

    def expects(self) -> Any:
        return sv.time.expects()


def one_after_another(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The blocks of one day in order, each with an end after its beginning, none over another."""
    ordered = sorted(blocks, key=lambda block: str(block["from"]))
    for block in ordered:
        start, end = block["from"], block["to"]
        if start >= end:
            message = f"from ({start}) must come before to ({end})"
            raise sv.Refusal("helpers.block_ends_first", start=start, end=end, message=message)
    for block, following in pairwise(ordered):
        if block["to"] > following["from"]:
            message = f"two blocks overlap at {following['from']}"
            raise sv.Refusal("helpers.blocks_overlap", start=following["from"], message=message)
    return ordered


BLOCK = sv.section(
    {
        vol.Required("from", description="When it begins"): _EndOfDay(),
        vol.Required("to", description="When it ends; 24:00 is the end of the day"): _EndOfDay(),
        vol.Optional("data", description="Attributes that are shown meanwhile"): sv.map_of(
            sv.string, sv.any_of(sv.boolean, sv.number(), sv.string)
        ),
    }
)
WEEK = sv.section(
    {
        **NAME,
        **{
            vol.Optional(day, default=[], description=f"When it is on, on {day.title()}s"): vol.All(
                sv.list_of(BLOCK), one_after_another
            )
            for day in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
        },
    }
)

CONFIG = vol.Schema(
    {
        vol.Optional("input_boolean", default={}, description="Switches, by id"): sv.map_of(
            sv.defines("entity", sv.slug, "input_boolean.{}"),
            sv.maybe(
                sv.section(
                    {
                        **NAME,
                        vol.Optional("initial", description="How it starts; otherwise as it was"): sv.boolean,
                    }
                )
            ),
        ),
        vol.Optional("input_number", default={}, description="Numbers, by id"): sv.map_of(
            sv.defines("entity", sv.slug, "input_number.{}"),
            vol.All(
                sv.section(
                    {
                        **NAME,
                        vol.Required("min", description="The smallest value"): sv.number(),
                        vol.Required("max", description="The greatest value"): sv.number(),
                        vol.Optional("step", default=1, description="By how much one click changes it"): sv.number(
                            min=1e-9
                        ),
                        vol.Optional("initial", description="Where it starts; otherwise where it was"): sv.number(),
                        vol.Optional("mode", default="slider", description="How it is shown"): sv.one_of(
                            "slider", "box"
                        ),
                        vol.Optional("unit_of_measurement", description="What it counts, such as %"): sv.string,
                    }
                ),
                in_range,
            ),
        ),
        vol.Optional("input_select", default={}, description="Choices, by id"): sv.map_of(
            sv.defines("entity", sv.slug, "input_select.{}"), SELECT
        ),
        vol.Optional("input_text", default={}, description="Texts, by id"): sv.map_of(
            sv.defines("entity", sv.slug, "input_text.{}"), sv.maybe(TEXT)
        ),
        vol.Optional("input_datetime", default={}, description="Days and times, by id"): sv.map_of(
            sv.defines("entity", sv.slug, "input_datetime.{}"), MOMENT
        ),
        vol.Optional("counter", default={}, description="Counters, by id"): sv.map_of(
            sv.defines("entity", sv.slug, "counter.{}"), sv.maybe(COUNTER)
        ),
        vol.Optional("input_button", default={}, description="Buttons, by id"): sv.map_of(
            sv.defines("entity", sv.slug, "input_button.{}"), sv.maybe(BUTTON)
        ),
        vol.Optional("timer", default={}, description="Timers, by id"): sv.map_of(
            sv.defines("entity", sv.slug, "timer.{}"), sv.maybe(TIMER)
        ),
        vol.Optional("schedule", default={}, description="Weeks, by id"): sv.map_of(
            sv.defines("entity", sv.slug, "schedule.{}"), sv.maybe(WEEK)
        ),
    }
)
