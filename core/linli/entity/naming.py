"""What entities and devices are called: by their plugin, by translation, by device class, by a person."""

from collections.abc import Callable
from typing import Any

from linli.entity.description import DeviceInfo, EntityDescription
from linli.ids import PluginDomain
from linli.registry.device_entry import DeviceEntry
from linli.registry.entity_entry import EntityEntry

FindText = Callable[[PluginDomain, str], str | None]
"""The text of a plugin under a key, in the language of the home; None: there is none."""


class Names:
    """Finds names; pure but for the texts that it looks up."""

    def __init__(self, find_text: FindText) -> None:
        self._find = find_text

    def of_device(self, plugin: PluginDomain, info: DeviceInfo) -> str | None:
        """The device's name; None: the plugin says none."""
        if info.name is not None or info.translation_key is None:
            return info.name
        text = self._find(plugin, f"device.{info.translation_key}.name")
        return None if text is None else _filled(text, info.translation_placeholders)

    def of_entity(self, plugin: PluginDomain, description: EntityDescription[Any]) -> str | None:
        """The entity's own name; None: it is what its device is for, and is called as that is."""
        if description.name is not None:
            return description.name or None
        if description.translation_key is not None:
            text = self._find(plugin, f"entity.{description.domain}.{description.translation_key}.name")
            if text is not None:
                return _filled(text, description.translation_placeholders)
        if description.named_by_device_class and description.device_class is not None:
            key = f"entity_component.{description.domain}.{description.device_class}.name"
            return self._find(plugin_of_domain(type(description)), key)
        return None


def plugin_of_domain(cls: type[EntityDescription[Any]]) -> PluginDomain:
    """The plugin that defines the entity domain of a description (``linli_home.light`` → ``home``)."""
    home = next(base for base in cls.__mro__ if "domain" in vars(base))
    return PluginDomain(home.__module__.partition(".")[0].removeprefix("linli_"))


def object_id(name: str | None, has_entity_name: bool, device: DeviceEntry | None, fallback: str) -> str:
    """The text of which the id of a new entity is made."""
    device_name = None if device is None else device.shown_name
    if has_entity_name and device_name:
        return f"{device_name} {name}" if name else device_name
    return name or fallback


def friendly_name(row: EntityEntry, device: DeviceEntry | None) -> str | None:
    """What people read: what a person called it, or device and entity together; None: it has no name."""
    if row.name is not None:
        return row.name
    device_name = None if device is None else device.shown_name
    if not row.has_entity_name or not device_name:
        return row.original_name
    return f"{device_name} {row.original_name}" if row.original_name else device_name


def _filled(text: str, placeholders: Any) -> str:
    for name, value in placeholders.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text
