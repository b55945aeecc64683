"""The registries: what the hub knows of entities, devices, areas, floors, labels and categories, through renames.

``registries.entities.get("light.kitchen")`` reads at once; ``await registries.entities.update("light.kitchen",
name="…")`` has committed when it returns. Every row may have a place and a subject, inherited downwards.
"""

from linli.registry.areas import AreaEntry, AreaRegistry
from linli.registry.categories import CategoryEntry, CategoryRegistry
from linli.registry.device_entry import DeviceDisabler, DeviceEntry
from linli.registry.devices import DeviceRegistry
from linli.registry.entities import EntityRegistry
from linli.registry.entity_entry import EntityDisabler, EntityEntry, EntityHider
from linli.registry.errors import RegistryRefusal, UnknownItem
from linli.registry.floors import FloorEntry, FloorRegistry
from linli.registry.labels import LabelEntry, LabelRegistry
from linli.registry.registries import Registries
from linli.registry.slugs import slugify

__all__ = [
    "AreaEntry",
    "AreaRegistry",
    "CategoryEntry",
    "CategoryRegistry",
    "DeviceDisabler",
    "DeviceEntry",
    "DeviceRegistry",
    "EntityDisabler",
    "EntityEntry",
    "EntityHider",
    "EntityRegistry",
    "FloorEntry",
    "FloorRegistry",
    "LabelEntry",
    "LabelRegistry",
    "Registries",
    "RegistryRefusal",
    "UnknownItem",
    "slugify",
]
