"""``/api/states``: what is, as this reader sees it; writing ids that no plugin owns."""

from typing import Any, Final

import voluptuous as vol

from linli import EntityId, InvalidRequest, PluginContext, Request, Response, State, is_entity_id
from linli_api.pieces import enclosed
from linli_api.rest.bodies import answering, json_body, may, message, unauthorized

WRITTEN: Final = vol.Schema(
    {
        vol.Required("state", description="Becomes a text"): vol.Any(str, int, float, bool),
        vol.Optional("attributes"): vol.Any(dict, None),
        vol.Optional("force_update", default=False): bool,
    },
    extra=vol.ALLOW_EXTRA,
)
"""For the description only: what is wrong is answered in the original's own words."""
NOT_FOUND: Final = "Entity not found."


class StateRoutes:
    """The handlers."""

    def __init__(self, ctx: PluginContext) -> None:
        self._ctx = ctx
        self._rooms = ctx.serving.rooms
        self._states = self._rooms.states

    async def all(self, request: Request) -> Response:
        """Every state that the reader sees."""
        return Response(enclosed(b"[", list(filter(None, map(request.view.state_json, self._states.all()))), b"]"))

    async def one(self, request: Request) -> Response:
        """One state; what is forbidden does not exist, and is looked up no more than what never was."""
        entity_id = request.params["entity_id"].lower()
        state = self._states.get(entity_id) if request.view.sees(entity_id) else None
        shown = None if state is None else request.view.state_json(state)
        return message(NOT_FOUND, 404) if shown is None else Response(shown)

    async def write(self, request: Request) -> Response:
        """Set a state, of what the reader may control. An id that a plugin owns wants the right ``override``, and is
        journaled."""
        body = await json_body(request, "Invalid JSON specified.")
        name = request.params["entity_id"]
        entity_id = EntityId(name.lower())
        if not isinstance(body, dict):
            return message("Invalid JSON specified.", 400)
        if body.get("state") is None:
            return message("No state specified.", 400)
        attributes: Any = body.get("attributes") or {}
        if not isinstance(attributes, dict):
            return message("attributes is a map", 400)
        if not is_entity_id(entity_id):
            return message("Invalid entity ID specified.", 400)
        if not request.view.controls(entity_id):
            return unauthorized()  # before anything is looked up: whether it exists is not told
        before = self._states.get(entity_id)
        refusal = await self._override(request, entity_id)
        if refusal is not None:
            return refusal
        try:
            after = self._states.set(
                entity_id, str(body["state"]), attributes, request.context, force=body.get("force_update") is True
            )
        except InvalidRequest:
            return message("Invalid state specified.", 400)
        return Response(after.json(), 200 if before else 201, headers={"Location": f"/api/states/{name}"})

    async def _override(self, request: Request, entity_id: str) -> Response | None:
        owner = self._states.owner(entity_id)
        if owner is None:
            return None
        if not request.view.may("override"):
            return message(f"{entity_id} belongs to the plugin {owner}; this needs the right to override", 403)
        await self._ctx.journal.record(
            "api.state_overridden", subject=entity_id, details={"owner": owner}, context=request.context
        )
        return None

    async def remove(self, request: Request) -> Response:
        """Take away a state that no plugin owns."""
        entity_id = request.params["entity_id"].lower()
        if not request.view.controls(entity_id):
            return unauthorized()
        state: State | None = self._states.get(entity_id)
        if state is None:
            return message(NOT_FOUND, 404)
        refusal = await self._override(request, entity_id)
        if refusal is not None:
            return refusal
        self._states.remove(state.entity_id)
        return message("Entity removed.")


def add(ctx: PluginContext) -> None:
    """Offer them."""
    routes = StateRoutes(ctx)
    ctx.routes.add("GET", "/api/states", routes.all, summary="Every state that the reader sees")
    ctx.routes.add("GET", "/api/states/{entity_id}", routes.one, summary="One state")
    ctx.routes.add(
        "POST",
        "/api/states/{entity_id}",
        may("states.write", answering(routes.write)),
        summary="Set a state",
        body_schema=WRITTEN,
    )
    ctx.routes.add("DELETE", "/api/states/{entity_id}", may("states.write", routes.remove), summary="Take a state away")
