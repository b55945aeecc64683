"""Helpers that live: an item, its description, and the handle through which it is shown."""

from typing import Any, Protocol

from linli import Context, EntityHandle, PluginContext
from linli_helpers.model import InputBoolean, InputNumber, Item, common


class Helper(Protocol):
    """One that lives."""

    item: Item

    @property
    def handle(self) -> EntityHandle[Any]: ...

    def change(self, item: Item, by: Context | None = None) -> None:
        """Be like ``item`` from now on; what it shows stays, as far as it still can. ``by``: who wants it so."""


class Switch:
    """An input_boolean."""

    def __init__(self, ctx: PluginContext, item: Item, *, editable: bool, by: Context | None = None) -> None:
        self.item = item
        self._editable = editable
        self.handle = ctx.entities.add(self._description(item))
        last = self.handle.last
        initial = item.get("initial")
        self.handle.write(initial if initial is not None else last is not None and last.state == "on", by)

    def change(self, item: Item, by: Context | None = None) -> None:
        self.item = item
        self.handle.redescribe(self._description(item))

    async def _turn_on(self) -> None:
        self.handle.write(True)

    async def _turn_off(self) -> None:
        self.handle.write(False)

    def _description(self, item: Item) -> InputBoolean:
        return InputBoolean(
            **common(item, editable=self._editable),
            turn_on=self._turn_on,
            turn_off=self._turn_off,
        )


class Number:
    """An input_number."""

    def __init__(self, ctx: PluginContext, item: Item, *, editable: bool, by: Context | None = None) -> None:
        self.item = item
        self._editable = editable
        description = self._description(item)
        self.handle = ctx.entities.add(description)
        initial = description.initial
        self.handle.write(initial if initial is not None else description.starting_at(self.handle.last), by)

    def change(self, item: Item, by: Context | None = None) -> None:
        self.item = item
        description = self._description(item)
        self.handle.redescribe(description)
        self.handle.write(description.starting_at(self.handle.state), by)

    async def _set_value(self, value: float) -> None:
        self.handle.write(value)

    def _description(self, item: Item) -> InputNumber:
        initial = item.get("initial")
        return InputNumber(
            **common(item, editable=self._editable),
            unit_of_measurement=item.get("unit_of_measurement"),
            set_value=self._set_value,
            min=float(item["min"]),
            max=float(item["max"]),
            step=float(item["step"]),
            mode=item["mode"],
            initial=None if initial is None else float(initial),
        )
