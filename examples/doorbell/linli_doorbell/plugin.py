"""What the doorbell does."""

from dataclasses import dataclass
from typing import Any, ClassVar

from linli import NO_ATTRIBUTES, ConfigEntry, EntityDescription, Event, PluginContext, Rendered, ServiceCall, hookimpl

from .hooks import doorbell_rang


@dataclass(frozen=True, kw_only=True, eq=False)
class Rings(EntityDescription[int]):
    """How often somebody rang; comes back after a restart."""

    domain: ClassVar[str] = "sensor"

    def render(self, reading: int) -> Rendered:
        return str(reading), NO_ATTRIBUTES


@hookimpl
async def linli_setup_entry(ctx: PluginContext, entry: ConfigEntry) -> None:
    """Count the rings of one button."""
    rings = ctx.entities.add(Rings(unique_id=entry.unique_id, translation_key="rings", restore=True))
    count = int(rings.last.state) if rings.last is not None and rings.last.state.isdigit() else 0
    rings.write(count)

    def on_press(event: Event[dict[str, Any]]) -> None:
        nonlocal count
        if event.data.get("button") != entry.data["button"]:
            return
        count += 1
        rings.write(count, event.context)
        if not entry.data["quiet"].contains(ctx.clock.now().astimezone(ctx.settings.zone).time()):
            ctx.spawn(ring(count), name="ring")

    async def ring(number: int) -> None:
        heard = await ctx.hooks.gather(doorbell_rang, within=5, button=entry.data["button"], count=number)
        ctx.bus.fire("doorbell_rang", {"button": entry.data["button"], "heard_by": sorted(heard.values())})

    async def forget(call: ServiceCall) -> None:
        nonlocal count
        count = 0
        rings.write(count, call.context)

    ctx.bus.listen("doorbell_pressed", on_press)
    ctx.services.register("doorbell", "forget", forget)
