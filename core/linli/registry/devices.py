"""Devices: the things on the wall, found again by what their plugins know of them."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Final, TypedDict, Unpack, cast

from linli.bus import EventBus, EventType
from linli.clock import Clock
from linli.errors import ContractError
from linli.ids import DeviceId, EntryId, PersonId, PlaceId, new_id
from linli.registry.areas import AreaRegistry
from linli.registry.base import Registry, differing, only
from linli.registry.codec import plain
from linli.registry.device_entry import DeviceDisabler, DeviceEntry, Pair
from linli.registry.index import Index
from linli.registry.keeper import Keeper
from linli.registry.memory import Memory

_MAC: Final = re.compile(r"[0-9a-f]{12}")


class DeviceChanges(TypedDict, total=False):
    """What a person may change."""

    area_id: str | None
    disabled_by: str | None
    labels: set[str] | frozenset[str] | list[str]
    name_by_user: str | None
    place: PlaceId | None
    subject: PersonId | None


class DeviceGiven(TypedDict, total=False):
    """What a plugin says of a device; what it does not say (or None) changes nothing."""

    name: str | None
    manufacturer: str | None
    model: str | None
    model_id: str | None
    sw_version: str | None
    hw_version: str | None
    serial_number: str | None
    configuration_url: str | None
    entry_type: str | None
    suggested_area: str | None
    original_place: PlaceId | None
    original_subject: PersonId | None


class DeviceRegistry(Registry[DeviceEntry]):
    """All devices, and for 30 days those that were removed."""

    kind = "core.devices"
    what = "Device"
    event_type: ClassVar[EventType[dict[str, Any]]] = EventType("device_registry_updated")
    """A device was made, changed or taken away.

    action: ``create``, ``update`` or ``remove``
    device_id: which device
    changes: at ``update``, the changed fields with their values before; null for readers who do not see everything
    """
    row_type = DeviceEntry

    def __init__(self, keeper: Keeper, bus: EventBus, clock: Clock, areas: AreaRegistry) -> None:
        super().__init__(keeper, bus, clock)
        self._areas = areas
        self._by_pair: dict[tuple[str, Pair], str] = {}
        self._by_area: Index[str] = Index()
        self._by_label: Index[str] = Index()
        self._by_entry: Index[str] = Index()
        self._by_via: Index[str] = Index()
        self.removed: Memory[DeviceEntry] = Memory("core.removed_devices", DeviceEntry, _pairs_of, keeper)
        self._leavers: list[Callable[[str], None]] = []

    # reading ---------------------------------------------------------------------------------------------------------

    def find(self, identifiers: Collection[Pair] = (), connections: Collection[Pair] = ()) -> DeviceEntry | None:
        """The device that has one of the identifiers, or else one of the connections."""
        wanted = [("identifier", pair) for pair in sorted(identifiers)]
        wanted += [("connection", pair) for pair in sorted(_normalised(connections))]
        found = next((self._by_pair[key] for key in wanted if key in self._by_pair), None)
        return None if found is None else self._rows[found]

    def by_area(self, area_id: str) -> list[DeviceEntry]:
        """The devices in an area."""
        return [self._rows[key] for key in self._by_area.of(area_id)]

    def by_label(self, label_id: str) -> list[DeviceEntry]:
        """The devices with a label."""
        return [self._rows[key] for key in self._by_label.of(label_id)]

    def by_entry(self, entry_id: str) -> list[DeviceEntry]:
        """The devices of a config entry."""
        return [self._rows[key] for key in self._by_entry.of(entry_id)]

    def entries_named(self) -> set[str]:
        """The config entries that have any."""
        return set(self._by_entry.values())

    def before_removal(self, callback: Callable[[str], None]) -> None:
        """Have ``callback(id)`` take the device out of whatever names it, before it goes."""
        self._leavers.append(callback)

    # what plugins say ------------------------------------------------------------------------------------------------

    def register(
        self, entry_id: EntryId, *, identifiers: Collection[Pair] = (), connections: Collection[Pair] = (),
        via_device: Pair | None = None, title: str | None = None, **given: Unpack[DeviceGiven],
    ) -> DeviceEntry:  # fmt: skip
        """The device of these identifiers or connections, made or brought up to date. A post: it is owed to the disk.

        ``title`` names a new device of which no name is said. Raises ContractError without any pair.
        """
        only(given, frozenset(DeviceGiven.__annotations__))
        if not identifiers and not connections:
            raise ContractError("a device has at least one identifier or connection")
        macs = _normalised(connections)
        row = self.find(identifiers, macs)
        said = {key: value for key, value in given.items() if value is not None}
        is_new = row is None
        if row is None:
            row = self._recalled(entry_id, identifiers, macs)
            if said and "name" not in said and row.name is None and title is not None:
                said["name"] = title
            self._write(None, row)
        values: dict[str, Any] = {
            **said,
            "identifiers": row.identifiers | frozenset(identifiers),
            "connections": row.connections | macs,
            "config_entries": row.config_entries | {entry_id},
        }
        if said and (row.primary_config_entry is None or row.primary_config_entry not in row.config_entries):
            values["primary_config_entry"] = entry_id
        if via_device is not None and (via := self.find([via_device])) is not None and via.id != row.id:
            values["via_device_id"] = via.id
        suggested = said.get("suggested_area")
        if is_new and suggested and row.area_id is None:
            values["area_id"] = self._areas.get_or_make(cast("str", suggested)).id
        return self._change(row, values, is_new=is_new)

    def _recalled(self, entry_id: EntryId, identifiers: Collection[Pair], macs: frozenset[Pair]) -> DeviceEntry:
        """A new row, or the removed one: whole for the same entry; for another only its id, since it may hang in
        another flat by now."""
        now = self._keeper.now()
        fresh = DeviceEntry(id=DeviceId(new_id(now)), created_at=now, modified_at=now)
        keys = [("identifier", pair) for pair in identifiers] + [("connection", pair) for pair in macs]
        old = self.removed.recall(*keys)
        if old is None:
            return fresh
        if entry_id in old.config_entries:
            return replace(old, config_entries=frozenset({entry_id}), primary_config_entry=None, via_device_id=None)
        return replace(fresh, id=old.id, created_at=old.created_at)

    # what people say -------------------------------------------------------------------------------------------------

    async def update(self, device_id: str, **changes: Unpack[DeviceChanges]) -> DeviceEntry:
        """Change it; has committed after. Raises UnknownItem, ContractError."""
        only(changes, frozenset(DeviceChanges.__annotations__))
        values: dict[str, Any] = dict(changes)
        if values.get("disabled_by") is not None:
            values["disabled_by"] = DeviceDisabler(values["disabled_by"])
        return await self._keeper.change(lambda: self._change(self.need(device_id), values))

    async def remove(self, device_id: str) -> None:
        """Take it away with its entities, and remember it; raises UnknownItem."""
        await self._keeper.change(lambda: self._remove(self.need(device_id)))

    async def remove_entry(self, device_id: str, entry_id: str) -> DeviceEntry | None:
        """The device is no longer one of the config entry; None: it had no other, and is removed."""
        return await self._keeper.change(lambda: self._leave_entry(self.need(device_id), entry_id))

    # what follows from other changes ---------------------------------------------------------------------------------

    def forget_entry(self, entry_id: str) -> None:
        """The config entry is gone: its devices lose it, those without another go."""
        for row in self.by_entry(entry_id):
            self._leave_entry(row, entry_id)

    def entry_disabled(self, entry_id: str, is_disabled: Callable[[str], bool]) -> None:
        """The config entry was switched off or on: its devices follow, once all their entries are off."""
        for row in self.by_entry(entry_id):
            off = all(is_disabled(entry) for entry in row.config_entries)
            if off and not row.disabled:
                self._change(row, {"disabled_by": DeviceDisabler.CONFIG_ENTRY})
            elif not off and row.disabled_by is DeviceDisabler.CONFIG_ENTRY:
                self._change(row, {"disabled_by": None})

    def clear_area(self, area_id: str) -> None:
        """The area goes."""
        for row in self.by_area(area_id):
            self._change(row, {"area_id": None})

    def clear_label(self, label_id: str) -> None:
        """The label goes."""
        for row in self.by_label(label_id):
            self._change(row, {"labels": row.labels - {label_id}})

    def _leave_entry(self, row: DeviceEntry, entry_id: str) -> DeviceEntry | None:
        if row.config_entries <= {entry_id}:
            self._remove(row)
            return None
        values: dict[str, Any] = {"config_entries": row.config_entries - {entry_id}}
        if row.primary_config_entry == entry_id:
            values["primary_config_entry"] = None
        return self._change(row, values)

    def _remove(self, row: DeviceEntry) -> None:
        for leave in self._leavers:
            leave(row.id)
        for key in self._by_via.of(row.id):
            self._change(self._rows[key], {"via_device_id": None})
        self._write(row, None)
        self.removed.keep(row, self._keeper.now())
        self._fire("remove", device_id=row.id)

    def _change(self, old: DeviceEntry, values: Mapping[str, Any], *, is_new: bool = False) -> DeviceEntry:
        new_values = differing(old, values)
        if not new_values and not is_new:
            return old
        row = old
        if new_values:
            row = replace(old, **new_values, modified_at=self._keeper.now())
            self._write(old, row)
        if is_new:
            self._fire("create", device_id=row.id)
        else:
            before = {name: plain(getattr(old, name)) for name in new_values}
            self._fire("update", device_id=row.id, changes=before)
        return row

    def _index(self, old: DeviceEntry | None, new: DeviceEntry | None) -> None:
        row = new if new is not None else old
        assert row is not None
        before, after = _pair_set(old), _pair_set(new)
        for pair in before - after:
            if self._by_pair.get(pair) == row.id:
                del self._by_pair[pair]
        for pair in after - before:
            self._by_pair.setdefault(pair, row.id)
        self._by_area.move(old.area_id if old else None, new.area_id if new else None, row.id)
        self._by_via.move(old.via_device_id if old else None, new.via_device_id if new else None, row.id)
        self._by_label.move_all(old.labels if old else (), new.labels if new else (), row.id)
        self._by_entry.move_all(old.config_entries if old else (), new.config_entries if new else (), row.id)


def _pairs_of(row: DeviceEntry) -> Iterator[tuple[str, Pair]]:
    """By what a device is found (again)."""
    for pair in row.identifiers:
        yield "identifier", pair
    for pair in row.connections:
        yield "connection", pair


def _pair_set(row: DeviceEntry | None) -> set[tuple[str, Pair]]:
    return set() if row is None else set(_pairs_of(row))


def _normalised(connections: Collection[Pair]) -> frozenset[Pair]:
    """MAC addresses in one way of writing: ``aa:bb:cc:dd:ee:ff``."""
    return frozenset((kind, _mac(address) if kind == "mac" else address) for kind, address in connections)


def _mac(address: str) -> str:
    digits = re.sub(r"[^0-9a-f]", "", address.lower())
    if not _MAC.fullmatch(digits):
        return address
    return ":".join(digits[start : start + 2] for start in range(0, 12, 2))
