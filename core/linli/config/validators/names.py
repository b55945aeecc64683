"""The identifiers of homes: entities, devices, areas, services, domains."""

import re
from collections.abc import Iterator
from typing import Any, Final

import voluptuous as vol

from linli.config.phrases import Phrase, phrase
from linli.config.validators.base import Child, Json, Validator, checker, expected_of, finite, part_of
from linli.config.validators.collections import list_of
from linli.config.validators.describe import example_of, json_schema, selector_of
from linli.config.validators.text import pattern

_NAME: Final = r"[a-z0-9]+(?:_[a-z0-9]+)*"
_ENTITY: Final = re.compile(rf"({_NAME})\.([a-z0-9](?:[a-z0-9_]*[a-z0-9])?)")


class entity_id(Validator):
    """An entity id; with domains named, of one of these ("event.doorbell" for ``entity_id("event")``)."""

    references = "entity"

    def __init__(self, *domains: str) -> None:
        self.domains = domains
        self.example: Any = f"{domains[0] if domains else 'light'}.front_door"

    def __call__(self, value: Any) -> str:
        written = value.strip().lower() if isinstance(value, str) else ""
        found = _ENTITY.fullmatch(written)
        if found is None:
            raise self.refuse(value)
        if self.domains and found[1] not in self.domains:
            raise self.refuse(written, "entity_of_wrong_domain", domain=found[1])
        return written

    def json_schema(self) -> Json:
        domain = f"(?:{'|'.join(self.domains)})" if self.domains else _NAME
        return {"type": "string", "pattern": rf"^{domain}\.[a-z0-9_]+$"}

    def selector(self) -> Json:
        return {"entity": {"filter": [{"domain": list(self.domains)}]} if self.domains else {}}

    def expects(self) -> Phrase:
        if self.domains:
            return phrase("entity_of", domains=self.domains, example=self.example)
        return phrase("entity", example=self.example)


class _ComposedEntities(Validator):
    """One entity id, a list, or several with commas between; gives a list."""

    def __init__(self, *domains: str) -> None:
        self.item = entity_id(*domains)
        self.example: Any = [self.item.example]

    def _parts(self, value: Any) -> list[Any]:
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        if isinstance(value, list | tuple):
            return list(value)
        raise self.refuse(value)

    def children(self, value: Any) -> Iterator[Child]:
        if isinstance(value, str):
            for part in self._parts(value):
                yield (), self.item, part
        elif isinstance(value, list | tuple):
            for index, part in enumerate(value):
                yield (index,), self.item, part

    def __call__(self, value: Any) -> list[str]:
        if isinstance(value, str):
            return [self.item(part) for part in self._parts(value)]
        found: list[str] = list_of(self.item)(self._parts(value))
        return found

    def json_schema(self) -> Json:
        return {"anyOf": [{"type": "string"}, {"type": "array", "items": self.item.json_schema()}]}

    def selector(self) -> Json:
        return {"entity": {**self.item.selector()["entity"], "multiple": True}}

    def expects(self) -> Phrase:
        return phrase("one_or_list", item=self.item.expects())


class entity_ids(_ComposedEntities):
    """Entity ids: one, a list, or several with commas between; gives a list."""


class target_entity_ids(_ComposedEntities):
    """What a service call may name as ``entity_id``: entity ids, or the words "all" and "none"."""

    def __call__(self, value: Any) -> Any:
        if isinstance(value, str) and value.strip().lower() in ("all", "none"):
            return value.strip().lower()
        return super().__call__(value)

    def children(self, value: Any) -> Iterator[Child]:
        if not (isinstance(value, str) and value.strip().lower() in ("all", "none")):
            yield from super().children(value)


class _Service(Validator):
    """A service's full name, "domain.service"."""

    example: Any = "light.turn_on"
    references = "service"

    def __call__(self, value: Any) -> str:
        written = value.strip().lower() if isinstance(value, str) else ""
        if not re.fullmatch(rf"{_NAME}\.{_NAME}", written):
            raise self.refuse(value)
        return written

    def json_schema(self) -> Json:
        return {"type": "string", "pattern": rf"^{_NAME}\.{_NAME}$"}

    def selector(self) -> Json:
        return {"text": {}}

    def expects(self) -> Phrase:
        return phrase("service")


class reference(Validator):
    """The name of something that must exist: a role, a place, a chain …; ``kind`` says what is asked.

    The check looks it up over the whole deployment where it knows all names of that kind.
    """

    def __init__(self, kind: str, *, example: str = "night_guard") -> None:
        self.kind = kind
        self.example: Any = example

    @property
    def references(self) -> str:  # type: ignore[override]  # the kind is the instance's
        """The kind that was asked for."""
        return self.kind

    def __call__(self, value: Any) -> str:
        if isinstance(value, int) and not isinstance(value, bool) and finite(value):
            value = str(value)
        if not isinstance(value, str) or not value.strip():
            raise self.refuse(value)
        return value.strip()

    def json_schema(self) -> Json:
        return {"type": "string", "minLength": 1}

    def selector(self) -> Json:
        return {self.kind: {}} if self.kind in _SELECTORS else {"text": {}}

    def expects(self) -> Phrase:
        return phrase("reference", kind=phrase(f"kind_{self.kind}", message=self.kind))


class defines(Validator):
    """Checks what ``item`` checks, and says that something of that name exists because it stands here.

    ``form`` makes the name of what was written: ``defines("entity", sv.slug, "input_boolean.{}")`` as the key of a
    map makes ``input_boolean.guests`` of ``guests``. A name of the kind that nobody defines is a mistake.
    """

    def __init__(self, kind: str, item: Any, form: str = "{}") -> None:
        self.kind = kind
        self.item = part_of(item)
        self.form = form
        self._check = checker(self.item)
        self.example: Any = example_of(self.item)

    def __call__(self, value: Any) -> Any:
        return self._check(value)

    def name_of(self, value: Any) -> str | None:
        """The name that ``value`` defines; None for a value that does not pass."""
        try:
            return self.form.format(self._check(value))
        except vol.Invalid:
            return None

    def inner(self) -> Any:
        return self.item

    def children(self, value: Any) -> Iterator[Child]:
        yield (), self.item, value

    def json_schema(self) -> Json:
        return json_schema(self.item)

    def selector(self) -> Json:
        return selector_of(self.item)

    def expects(self) -> Phrase:
        return phrase("as_is", item=expected_of(self.item))


_SELECTORS: Final = frozenset({"device", "area", "floor", "label", "config_entry", "theme"})

device_id = reference("device", example="01JC0A4R8M6Q3ZV5T9K7XWEB2D")
area_id = reference("area", example="living_room")
floor_id = reference("floor", example="ground_floor")
label_id = reference("label", example="christmas")
domain = pattern(_NAME, example="light", noun="domain")
service = _Service()
