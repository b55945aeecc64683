"""What repeats: cron lines and days of the week."""

from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from cronsim import CronSim, CronSimError

from linli.config.phrases import Phrase, did_you_mean, phrase
from linli.config.validators.base import Json, Validator

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONG: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CHINESE: Final = ("一", "二", "三", "四", "五", "六", "日")
_SPELLINGS: Final = {
    **{day: day for day in DAYS},
    **dict(zip(_LONG, DAYS, strict=True)),
    **{f"周{sign}": day for sign, day in zip(_CHINESE, DAYS, strict=True)},
    **{f"星期{sign}": day for sign, day in zip(_CHINESE, DAYS, strict=True)},
}
_ANY_DAY: Final = datetime(2025, 1, 1)  # noqa: DTZ001 - cron lines are checked, not run


class _Cron(Validator):
    """A cron line of five fields; gives its text."""

    example: Any = "0 8 * * MON-FRI"

    def __call__(self, value: Any) -> str:
        if not isinstance(value, str):
            raise self.refuse(value)
        try:
            CronSim(value, _ANY_DAY)
        except CronSimError as error:
            raise self.refuse(value, "cron_broken", message=str(error)) from error
        return value

    def json_schema(self) -> Json:
        return {"type": "string", "pattern": r"^\S+(?:\s+\S+){4}$"}

    def selector(self) -> Json:
        return {"text": {}}

    def expects(self) -> Phrase:
        return phrase("cron", example=self.example)


class _Weekday(Validator):
    """A day of the week (mon, Monday, 周一); gives its three letters."""

    example: Any = "mon"

    def __call__(self, value: Any) -> str:
        day = _SPELLINGS.get(value.strip().lower()) if isinstance(value, str) else None
        if day is None:
            raise self.refuse(value, "expected_option", guess=did_you_mean(value, _SPELLINGS))
        return day

    def json_schema(self) -> Json:
        return {"type": "string", "enum": [*DAYS, *(day.capitalize() for day in _LONG), *_SPELLINGS]}

    def selector(self) -> Json:
        return {"select": {"options": [{"value": day, "label": day} for day in DAYS], "mode": "dropdown"}}

    def expects(self) -> Phrase:
        return phrase("weekday", options=DAYS)


class _Weekdays(Validator):
    """Days of the week: one, a list, "workday", "weekend" or "daily"; gives a list in the order of the week."""

    WORDS: Final = MappingProxyType({"daily": DAYS, "workday": DAYS[:5], "weekend": DAYS[5:]})

    def __init__(self) -> None:
        self.example: Any = ["mon", "thu"]

    def __call__(self, value: Any) -> list[str]:
        if isinstance(value, str) and value.strip().lower() in self.WORDS:
            return list(self.WORDS[value.strip().lower()])
        named = value if isinstance(value, list | tuple | set) else [value]
        if not named:
            raise self.refuse(value)
        days = {weekday(day) for day in named}
        return [day for day in DAYS if day in days]

    def json_schema(self) -> Json:
        one = weekday.json_schema()
        return {"anyOf": [one, {"enum": list(self.WORDS)}, {"type": "array", "items": one, "minItems": 1}]}

    def selector(self) -> Json:
        return {"select": {**weekday.selector()["select"], "multiple": True}}

    def expects(self) -> Phrase:
        return phrase("weekdays", options=(*DAYS, *self.WORDS))


cron = _Cron()
weekday = _Weekday()
weekdays = _Weekdays()
