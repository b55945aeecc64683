"""The scenes that people create while the hub runs; they are gone when it stops, as in Home Assistant."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from linli import ConfigEntry, Context, EntityHandle, PluginContext
from linli_home.bringing_about import bring_about
from linli_home.domains.scene import Scene
from linli_home.reproduce import Wanted

PREFIX = "created "


class CreatedScenes(Protocol):
    """What the services ask of whoever holds the scenes."""

    async def keep(self, scene_id: str, wanted: dict[str, dict[str, Any]], by: Context) -> bool:
        """Make a scene or give it other states; False: a scene of that name is there that was not created so."""

    async def entity_ids(self) -> list[str]:
        """The scenes that are there."""

    async def remove(self, entity_id: str) -> None:
        """Take one away; absent is fine."""


class CreatedScene:
    """One of them."""

    def __init__(self, ctx: PluginContext, scene_id: str, wanted: Mapping[str, Wanted], by: Context) -> None:
        self._ctx = ctx
        self._scene_id = scene_id
        self._wanted = wanted
        self._by = by
        """Whoever said these states: a scene moves no more than they may, whoever activates it."""
        self.handle: EntityHandle[datetime] = ctx.entities.add(self._description())
        self.handle.write(None)

    def replace(self, wanted: Mapping[str, Wanted], by: Context) -> None:
        """Other states from now on."""
        self._wanted, self._by = wanted, by
        self.handle.redescribe(self._description())

    async def _activate(self, context: Context, transition: float | None = None) -> None:
        self.handle.write(self._ctx.clock.now())
        bounded = context.bound_also_by(self._by.links)
        await bring_about(self._ctx, self._wanted, bounded, transition, forgiving=True)

    def _description(self) -> Scene:
        return Scene(
            unique_id=f"{PREFIX}{self._scene_id}",
            name=self._scene_id,
            has_entity_name=False,
            suggested_object_id=self._scene_id,
            attributes={"entity_id": list(self._wanted)},
            knows_caller=True,
            turn_on=self._activate,
        )


class SceneKeeper:
    """Holds them, as entities of one config entry."""

    def __init__(self, ctx: PluginContext) -> None:
        self._ctx = ctx
        self._scenes: dict[str, CreatedScene] = {}

    async def keep(self, scene_id: str, wanted: dict[str, dict[str, Any]], by: Context) -> bool:
        states = {entity_id: _wanted(said) for entity_id, said in wanted.items()}
        if scene_id in self._scenes:
            self._scenes[scene_id].replace(states, by)
        elif self._ctx.states.get(f"scene.{scene_id}") is not None:
            return False
        else:
            self._scenes[scene_id] = CreatedScene(self._ctx, scene_id, states, by)
        return True

    async def entity_ids(self) -> list[str]:
        return [scene.handle.entity_id for scene in self._scenes.values()]

    async def remove(self, entity_id: str) -> None:
        for scene_id, scene in list(self._scenes.items()):
            if scene.handle.entity_id == entity_id:
                del self._scenes[scene_id]
                await scene.handle.remove()


def _wanted(said: Mapping[str, Any]) -> Wanted:
    return Wanted(said["state"], {name: value for name, value in said.items() if name != "state"})


async def hold_scenes(ctx: PluginContext, entry: ConfigEntry) -> None:
    """The first entry holds them; those of an earlier run are taken away."""
    if ctx.has(CreatedScenes):
        return
    for row in ctx.registries.entities.by_entry(entry.entry_id):
        if row.entity_id.startswith("scene.") and row.unique_id.startswith(PREFIX):
            await ctx.registries.entities.remove(row.id)
    ctx.provide(CreatedScenes, SceneKeeper(ctx))  # type: ignore[type-abstract]  # a Protocol is what is provided
