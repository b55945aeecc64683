"""``/api/onboarding``: how far a hub is set up, as clients ask; the set-up itself is a page of linli."""

from typing import Any, Final

import voluptuous as vol

from linli import Access, PluginContext, Request, Response
from linli_api.rest.bodies import checked, message, unauthorized

STEPS: Final = ("user", "core_config", "integration", "analytics")
USER: Final = vol.Schema(
    {
        vol.Required("name"): str,
        vol.Required("username"): str,
        vol.Required("password"): str,
        vol.Required("client_id"): str,
        vol.Required("language"): str,
    }
)
INTEGRATION: Final = vol.Schema({vol.Required("client_id"): str, vol.Required("redirect_uri"): str})


class OnboardingRoutes:
    """The handlers."""

    def __init__(self, ctx: PluginContext) -> None:
        self._auth = ctx.serving.auth

    async def steps(self, request: Request) -> Response:
        """Done once there is an owner: everything else stands in the configuration."""
        done = not self._auth.first_owner.is_needed
        return Response.json([{"step": step, "done": done} for step in STEPS])

    async def core_config(self, request: Request) -> Response:
        """All but the owner stands in the configuration, so it is done."""
        return message("Core config step already done", 403)

    async def analytics(self, request: Request) -> Response:
        """The same; nothing is told to anybody."""
        return message("Analytics config step already done", 403)

    async def integration(self, request: Request, data: Any) -> Response:
        """The same."""
        return message("Integration step already done", 403)

    async def installation_type(self, request: Request) -> Response:
        """Told to nobody: before there is an owner, only the one-time link opens anything."""
        return unauthorized()

    async def user(self, request: Request, data: Any) -> Response:
        """The first owner is made with the one-time link that the hub prints, and by nothing else."""
        if self._auth.first_owner.is_needed:
            return message("Open the set-up link that the hub printed when it started", 403)
        return message("User step already done", 403)


def add(ctx: PluginContext) -> None:
    """Offer them; what comes before the owner to everybody: nobody has a token yet."""
    routes, offer = OnboardingRoutes(ctx), ctx.routes.add
    offer("GET", "/api/onboarding", routes.steps, access=Access.PUBLIC, summary="How far the hub is set up")
    offer(
        "POST", "/api/onboarding/users", checked(USER, routes.user), access=Access.PUBLIC, body_schema=USER,
        summary="Says where the first owner is made", max_body=1 << 14,
    )  # fmt: skip
    offer("POST", "/api/onboarding/core_config", routes.core_config, summary="A step that is done")
    offer("POST", "/api/onboarding/analytics", routes.analytics, summary="A step that is done")
    offer(
        "POST", "/api/onboarding/integration", checked(INTEGRATION, routes.integration), body_schema=INTEGRATION,
        summary="A step that is done", max_body=1 << 14,
    )  # fmt: skip
    offer(
        "GET", "/api/onboarding/installation_type", routes.installation_type, access=Access.PUBLIC,
        summary="Told to nobody",
    )  # fmt: skip
