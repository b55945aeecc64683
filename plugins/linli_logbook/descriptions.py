"""Which events make a line, and what it says."""

import string
from collections.abc import Mapping
from typing import Any, Final

from linli import PluginContext
from linli_logbook import hooks
from linli_logbook.api import Described

LOGBOOK_ENTRY: Final = "logbook_entry"
CALL_SERVICE: Final = "call_service"
ASK_WITHIN_S: Final = 5.0

OURS: Final = (
    Described(LOGBOOK_ENTRY, ""),
    Described("automation_triggered", "automation", {"en": "triggered by {source}", "zh-Hans": "由{source}触发"}),
    Described("script_started", "script", {"en": "started", "zh-Hans": "已开始运行"}),
    Described("homeassistant_started", "homeassistant", {"en": "started", "zh-Hans": "已启动"}),
    Described("homeassistant_stop", "homeassistant", {"en": "stopped", "zh-Hans": "已停止"}),
)
"""What Home Assistant's own model has; other plugins say theirs by the hook."""
HUB_ICON: Final = "mdi:home-assistant"
UNSAID: Final = {"en": "triggered", "zh-Hans": "已触发"}
"""An automation that somebody had run, where nothing set it going."""


class Descriptions:
    """All that is described now."""

    def __init__(self, ctx: PluginContext) -> None:
        self._ctx = ctx
        self._by_type = {each.event_type: each for each in OURS}
        self._asked: tuple[str, ...] = ()
        """The plugins that said theirs."""

    @property
    def types(self) -> tuple[str, ...]:
        """The types of events that make a line."""
        return tuple(self._by_type)

    async def bring_up_to_date(self) -> None:
        """Have other plugins say theirs, where one has come or gone."""
        there = self._ctx.hooks.implementers(hooks.logbook_described)
        if there == self._asked:
            return
        answers = await self._ctx.hooks.gather(hooks.logbook_described, within=ASK_WITHIN_S)
        found = {each.event_type: each for each in OURS}
        for _, described in sorted(answers.items()):
            for each in described:
                found.setdefault(each.event_type, each)
        self._by_type = found
        self._asked = tuple(answers) if len(answers) < len(there) else there

    def line(self, event_type: str, data: Mapping[str, Any], language: str) -> dict[str, Any] | None:
        """``name``, ``message``, ``domain`` and what else the event tells; None: it makes no line."""
        said = self._by_type.get(event_type)
        if said is None:
            return None
        name = data.get(said.name) or (self._ctx.settings.name if said.domain == "homeassistant" else None)
        line: dict[str, Any] = {"name": name, "message": self._words(said, data, language)}
        domain = _domain_of_entry(data) if event_type == LOGBOOK_ENTRY else said.domain
        icon = data.get(said.icon) or (HUB_ICON if said.domain == "homeassistant" else None)
        more = {"domain": domain, "icon": icon, "source": data.get(said.source), "entity_id": data.get(said.entity_id)}
        return line | {key: value for key, value in more.items() if value}

    def _words(self, said: Described, data: Mapping[str, Any], language: str) -> Any:
        template = said.says.get(language) or said.says.get("en")
        if template is None:
            return data.get(said.message)
        wanted = {key for _, key, _, _ in string.Formatter().parse(template) if key}
        if not wanted <= data.keys():
            return UNSAID.get(language, UNSAID["en"])
        return template.format_map({key: data[key] for key in wanted})


def _domain_of_entry(data: Mapping[str, Any]) -> Any:
    """The domain that somebody's own line says, or that of the entity it is about."""
    entity_id = data.get("entity_id")
    return data.get("domain") or (entity_id.partition(".")[0] if isinstance(entity_id, str) else None)
