"""Logging in as Home Assistant's clients do it: providers, the flow of forms, tokens, revocation."""

from typing import Any, Final

import voluptuous as vol

from linli import (
    Access,
    Forbidden,
    InvalidGrant,
    InvalidRequest,
    NotFound,
    PluginContext,
    Request,
    Response,
    is_local,
)
from linli_api.rest.bodies import bad_request, checked, message

FLOW_START: Final = vol.Schema(
    {
        vol.Required("client_id"): str,
        vol.Required("handler"): vol.All([vol.Any(str, None)], vol.Length(2, 2)),
        vol.Required("redirect_uri"): str,
        vol.Optional("type", default="authorize"): str,
    }
)
FLOW_STEP: Final = vol.Schema({vol.Required("client_id"): str}, extra=vol.ALLOW_EXTRA)
"""The rest is the form's own fields (``username``, ``password``), which the flow checks."""
LINK: Final = vol.Schema({vol.Required("code"): str, vol.Required("client_id"): str})
TOKEN: Final = vol.Schema(
    {
        vol.Optional("grant_type"): vol.In(["authorization_code", "refresh_token"]),
        vol.Optional("client_id"): str,
        vol.Optional("code"): str,
        vol.Optional("refresh_token"): str,
        vol.Optional("action"): "revoke",
        vol.Optional("token"): str,
    }
)
"""For the description only: what is wrong is answered in OAuth's own words."""
REVOKE: Final = vol.Schema({vol.Optional("token"): str})
JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
MAX_BODY: Final = 1 << 14
NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}
METADATA: Final = {
    "authorization_endpoint": "/auth/authorize",
    "token_endpoint": "/auth/token",
    "revocation_endpoint": "/auth/revoke",
    "response_types_supported": ["code"],
    "service_documentation": "https://developers.home-assistant.io/docs/auth_api",
}


class LoginRoutes:
    """The handlers."""

    def __init__(self, ctx: PluginContext) -> None:
        self._auth = ctx.serving.auth

    async def providers(self, request: Request) -> Response:
        """How one can log in; while there has never been an owner, not at all."""
        if self._auth.first_owner.is_needed:
            return Response.json({"message": "Onboarding not finished", "code": "onboarding_required"}, 400)
        provider = {"name": "linli", "id": None, "type": "homeassistant"}
        return Response.json({"providers": [provider], "preselect_remember_me": is_local(request.remote)})

    async def metadata(self, request: Request) -> Response:
        """Where OAuth's endpoints are (RFC 8414)."""
        return Response.json(METADATA)

    # the flow --------------------------------------------------------------------------------------------------------

    async def start(self, request: Request, data: Any) -> Response:
        """Begin a log-in: the form."""
        provider, provider_id = data["handler"]
        try:
            form = self._auth.flows.start(
                data["client_id"], data["redirect_uri"], request.remote, (provider, provider_id)
            )
        except NotFound as error:
            return message(str(error), 404)
        except InvalidRequest as error:
            return message(str(error), 400)
        return Response.json(form)

    async def step(self, request: Request, data: Any) -> Response:
        """The filled-in form."""
        given = {name: value for name, value in data.items() if name != "client_id"}
        flow_id = request.params["flow_id"]
        try:
            answer = await self._auth.log_in_by_form(flow_id, data["client_id"], given, request.remote)
        except Forbidden as error:
            return message(str(error), 403)
        except NotFound as error:
            return message(str(error), 404)
        except InvalidRequest as error:
            return message(str(error), 400)
        return Response.json(answer)

    async def abort(self, request: Request) -> Response:
        """Give a log-in up."""
        try:
            self._auth.flows.give_up(request.params["flow_id"])
        except NotFound as error:
            return message(str(error), 404)
        return message("Flow aborted")

    async def not_allowed(self, request: Request) -> Response:
        """Flows are not listed."""
        return Response(b"", 405, "text/plain")

    async def link_user(self, request: Request, data: Any) -> Response:
        """Whether a log-in belongs to who asks. A user has one name to log in with, so there is nothing to add to."""
        owner = self._auth.codes.take(data["client_id"], data["code"])
        if owner is None:
            return message("Invalid code", 400)
        if request.user is None or owner != request.user.id:
            return message("Credential already linked", 400)
        return message("User linked")

    # tokens ----------------------------------------------------------------------------------------------------------

    async def token(self, request: Request) -> Response:
        """OAuth's token endpoint: a code or a refresh token for an access token; also revocation, as of old."""
        try:
            form = await request.form()
        except InvalidRequest:
            form = {}
        if form.get("action") == "revoke":
            await self._auth.tokens.revoke_secret(form.get("token"))
            return Response(b"", 200, "application/octet-stream")
        kind, client_id = form.get("grant_type"), form.get("client_id")
        try:
            if kind == "authorization_code":
                grant = await self._auth.tokens.exchange(client_id, form.get("code"), request.remote)
            elif kind == "refresh_token":
                grant = await self._auth.tokens.refresh(client_id, form.get("refresh_token"), request.remote)
            else:
                return Response.json({"error": "unsupported_grant_type"}, 400)
        except InvalidGrant as error:
            return Response.json(error.as_dict(), error.status)
        except Forbidden as error:
            return Response.json({"error": "access_denied", "error_description": str(error)}, 403)
        answer: dict[str, Any] = {
            "access_token": grant.access_token,
            "token_type": "Bearer",
            "expires_in": grant.expires_in,
        }
        if kind == "authorization_code":
            answer |= {"refresh_token": grant.refresh_token, "ha_auth_provider": "homeassistant"}
        return Response.json(answer, 200, NO_STORE)

    async def revoke(self, request: Request) -> Response:
        """End the token of a refresh secret, at once; silent about what there is."""
        try:
            form = await request.form()
        except InvalidRequest:
            return bad_request()
        await self._auth.tokens.revoke_secret(form.get("token"))
        return Response(b"", 200, "application/octet-stream")


def add(ctx: PluginContext) -> None:
    """Offer them, to everybody: whoever logs in has no token yet."""
    routes = LoginRoutes(ctx)

    def offer(
        method: str, path: str, handler: Any, summary: str, body: vol.Schema | None = None, kind: str = JSON
    ) -> None:
        ctx.routes.add(
            method, path, handler, access=Access.PUBLIC, summary=summary, max_body=MAX_BODY, body_schema=body,
            body_type=kind,
        )  # fmt: skip

    offer("GET", "/auth/providers", routes.providers, "How one can log in")
    offer("GET", "/.well-known/oauth-authorization-server", routes.metadata, "Where OAuth's endpoints are")
    offer("POST", "/auth/login_flow", checked(FLOW_START, routes.start), "Begin a log-in", FLOW_START)
    offer("GET", "/auth/login_flow", routes.not_allowed, "Flows are not listed")
    offer("POST", "/auth/login_flow/{flow_id}", checked(FLOW_STEP, routes.step), "The filled-in form", FLOW_STEP)
    offer("DELETE", "/auth/login_flow/{flow_id}", routes.abort, "Give a log-in up")
    offer("POST", "/auth/token", routes.token, "A code or a refresh token for an access token", TOKEN, FORM)
    offer("POST", "/auth/revoke", routes.revoke, "End a token", REVOKE, FORM)
    ctx.routes.add(
        "POST", "/auth/link_user", checked(LINK, routes.link_user), body_schema=LINK, max_body=MAX_BODY,
        summary="Whether a log-in belongs to the caller",
    )  # fmt: skip
