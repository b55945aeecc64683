"""``scene.apply``, ``create`` and ``delete``: bringing entities to states, at once or whenever a scene is activated.

Everything happens with the rights of whoever asks: who activates a scene that another made moves what both may.
A scene that was created is there until the hub stops, as in Home Assistant.
"""

from collections.abc import Mapping
from typing import Final

import voluptuous as vol

from linli import Forbidden, InvalidRequest, NotSupported, PluginContext, PluginDomain, ServiceCall, is_entity_id
from linli import schema as sv
from linli_home.bringing_about import bring_about
from linli_home.created_scenes import CreatedScenes
from linli_home.domains.scene import TRANSITION
from linli_home.reproduce import Wanted

ENTRY: Final = "scenes"
"""The unique id of the config entry that is made for created scenes where the YAML has no ``home`` section."""
TARGETS: Final = ("entity_id", "device_id", "area_id", "floor_id", "label_id")
STATE_WORDS: Final = {True: "on", False: "off"}


def wanted_states(value: object) -> dict[str, Wanted]:
    """Entities with their states: a word, or a map with state and attributes."""
    if not isinstance(value, Mapping):
        raise vol.Invalid("expected a dictionary")
    wanted: dict[str, Wanted] = {}
    for entity_id, said in value.items():
        if not isinstance(entity_id, str) or not is_entity_id(entity_id.lower()):
            raise vol.Invalid(f"Entity ID {entity_id} is an invalid entity ID")
        attributes = {key: part for key, part in said.items() if key != "state"} if isinstance(said, Mapping) else {}
        state = said.get("state") if isinstance(said, Mapping) else said
        state = STATE_WORDS[state] if isinstance(state, bool) else state
        if not isinstance(state, str):
            raise vol.Invalid(f"State for {entity_id} should be a string")
        wanted[entity_id.lower()] = Wanted(state, attributes)
    return wanted


CREATE: Final = {
    vol.Required("scene_id"): sv.slug,
    vol.Optional("entities"): wanted_states,
    vol.Optional("snapshot_entities"): sv.entity_ids(),
}


class SceneServices:
    """The handlers."""

    def __init__(self, ctx: PluginContext) -> None:
        self._ctx = ctx

    @property
    def _created(self) -> CreatedScenes:
        return self._ctx.use(CreatedScenes)  # type: ignore[type-abstract]  # a Protocol is what is asked for

    def register(self) -> None:
        """Offer the services."""
        offer = self._ctx.services.register
        offer("scene", "apply", self.apply, schema={vol.Required("entities"): wanted_states, **TRANSITION})
        offer("scene", "create", self.create, schema=CREATE)
        offer("scene", "delete", self.delete, target={"entity": [{"domain": ["scene"], "integration": "home"}]})

    # what people do --------------------------------------------------------------------------------------------------

    async def apply(self, call: ServiceCall) -> None:
        """Bring entities to states now; those that the caller does not see are as little there as unknown ones."""
        seen = {entity_id: how for entity_id, how in call.data["entities"].items() if call.view.sees(entity_id)}
        await bring_about(self._ctx, seen, call.context, call.data.get("transition"))

    async def create(self, call: ServiceCall) -> None:
        """A scene of states that are said, and of what entities show now to whoever asks."""
        data = call.data
        if "entities" not in data and "snapshot_entities" not in data:
            raise InvalidRequest("must contain at least one of entities, snapshot_entities.")
        wanted: dict[str, Wanted] = dict(data.get("entities", {}))
        for entity_id in data.get("snapshot_entities", ()):
            state = self._ctx.states.get(entity_id)
            shown = None if state is None else call.view.mask(state)
            if shown is None:
                self._ctx.log.warning("%s does not exist and therefore cannot be snapshotted", entity_id)
                continue
            wanted[entity_id] = Wanted(shown.state, dict(shown.attributes))
        scene_id: str = data["scene_id"]
        if not wanted:
            self._ctx.log.warning("scene %s: empty scenes are not allowed", scene_id)
            return
        if not self._ctx.has(CreatedScenes):
            title = self._ctx.text("scenes_entry")
            await self._ctx.entries.create(PluginDomain(self._ctx.domain), ENTRY, title=title, data={})
        plain = {entity_id: {**how.attributes, "state": how.state} for entity_id, how in wanted.items()}
        is_anothers = self._ctx.states.get(f"scene.{scene_id}") is not None and not call.view.controls(
            f"scene.{scene_id}"
        )
        if is_anothers or not await self._created.keep(scene_id, plain, call.context):
            self._ctx.log.warning("scene.%s already exists", scene_id)

    async def delete(self, call: ServiceCall) -> None:
        """Take created scenes away; raises NotSupported for any other."""
        if not call.target.given:
            raise InvalidRequest(f"must contain at least one of {', '.join(TARGETS)}.")
        created = await self._created.entity_ids() if self._ctx.has(CreatedScenes) else []
        for entity_id in call.target.entity_ids:
            self._check_deletable(entity_id, call, created)
        for entity_id in call.target.entity_ids:
            await self._created.remove(entity_id)

    def _check_deletable(self, entity_id: str, call: ServiceCall, created: list[str]) -> None:
        parameters = {"entity_id": entity_id}
        known = entity_id.startswith("scene.") and self._ctx.states.get(entity_id) is not None
        if not known or not call.view.sees(entity_id):
            raise NotSupported(
                f"{entity_id} is not a valid entity ID of a scene", key="entity_not_scene", parameters=parameters
            )
        if entity_id not in created:
            raise NotSupported(
                f"The scene {entity_id} is not created with action `scene.create`",
                key="entity_not_dynamically_created",
                parameters=parameters,
            )
        if not call.view.controls(entity_id):
            raise Forbidden(f"{entity_id} may be seen but not controlled")


def register(ctx: PluginContext) -> None:
    """Offer them."""
    SceneServices(ctx).register()
