"""Whether a reader may read what a rule says or did: only where it names nothing that they do not see (SAFETY 15).

A rule looks in its author's view, so what it saw is as strict as the strictest thing that it looked at. Readers who see
everything are not asked. For the others everything that a rule or its trace names has to be theirs, and a template
whose text does not say which entities it reads may have read any.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Literal

import voluptuous as vol

from linli import Access, CommandCall, NotFound, PluginContext, View
from linli_automation.engine.book import Written
from linli_triggers.api import is_template

_ID: Final = re.compile(r"\b[a-z][a-z0-9_]*\.[a-z0-9][a-z0-9_]*\b")
_LITERAL: Final = r"\(\s*(['\"])[a-z0-9_]+\.[a-z0-9_]+\1\s*[,)]"
_OPEN: Final = re.compile(
    rf"\b(?:states|state_attr|state_translated|is_state|is_state_attr|has_value)\b(?!{_LITERAL})"
    r"|\b(?:areas?|closest|config_entry|device|distance|expand|floors?|import|include|integration|is_hidden|issues?|"
    r"labels?)(?:_\w+)?\b"
)
"""A look at the home that does not name, in a text of its own, the entity it is about."""
_ENTITY_KEYS: Final = ("entity_id", "entities")
_ITEM_KEYS: Final[Mapping[str, Literal["area", "device", "floor", "label"]]] = {
    "area_id": "area", "device_id": "device", "floor_id": "floor", "label_id": "label",
}  # fmt: skip


class Sight:
    """Of one plugin's door."""

    def __init__(self, ctx: PluginContext) -> None:
        self._ctx = ctx

    def reads(self, view: View, entity_id: str, *values: Any) -> bool:
        """Whether the reader sees the rule ``entity_id`` and whatever ``values`` (its words, its trace) name."""
        if view.everything:
            return True
        return view.sees(entity_id) and all(self._is_seen(view, value) for value in values)

    def offer_config(self, domain: str, find: Callable[[str], Written | None]) -> None:
        """Answer ``DOMAIN/config``: what a rule says, by its entity; ``find`` gives it or None."""

        def config(call: CommandCall) -> dict[str, Any]:
            entity_id = call.message["entity_id"]
            written = find(entity_id)
            if written is None or not self.reads(call.view, entity_id, written.says):
                raise NotFound("Entity not found")
            return {"config": written.says}

        self._ctx.commands.add(f"{domain}/config", config, {vol.Required("entity_id"): str}, access=Access.ADMIN)

    def _is_seen(self, view: View, value: Any) -> bool:
        if isinstance(value, Mapping):
            return all(self._is_seen_under(view, key, each) for key, each in value.items())
        if isinstance(value, list | tuple):
            return all(self._is_seen(view, each) for each in value)
        if not isinstance(value, str):
            return True
        if is_template(value) and _OPEN.search(value) is not None:
            return False
        return all(view.sees(name) for name in _ID.findall(value) if self._exists(name))

    def _is_seen_under(self, view: View, key: Any, value: Any) -> bool:
        item = _ITEM_KEYS.get(key)
        if item is not None and not all(is_template(name) or view.sees_item(item, name) for name in _texts(value)):
            return False
        if key in _ENTITY_KEYS and not all(view.sees(name) for text in _texts(value) for name in _ID.findall(text)):
            return False
        return self._is_seen(view, key) and self._is_seen(view, value)

    def _exists(self, name: str) -> bool:
        return self._ctx.states.get(name) is not None or self._ctx.registries.entities.get(name) is not None


def _texts(value: Any) -> Iterator[str]:
    for each in value if isinstance(value, list | tuple) else [value]:
        if isinstance(each, str):
            yield each
