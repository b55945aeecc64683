"""``/api/onboarding``: how far a hub is set up, as clients ask; the set-up itself is a page of linli."""

from typing import Any, Final

import voluptuous as vol

from linli import Access, PluginContext, Request, Response
from linli_api.rest.bodies import checked, message

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


class OnboardingRoutes:
    """The handlers."""

    def __init__(self, ctx: PluginContext) -> None:
        self._auth = ctx.serving.auth

    async def steps(self, request: Request) -> Response:
        """Done once there is an owner: everything else stands in the configuration."""
        done = not self._auth.first_owner.is_needed
        return Response.json([{"step": step, "done": done} for step in STEPS])

    async def user(self, request: Request, data: Any) -> Response:
        """The first owner is made with the one-time link that the hub prints, and by nothing else."""
        if self._auth.first_owner.is_needed:
            return message("Open the set-up link that the hub printed when it started", 403)
        return message("User step already done", 403)


def add(ctx: PluginContext) -> None:
    """Offer them to everybody: nobody has a token yet."""
    routes = OnboardingRoutes(ctx)
    ctx.routes.add("GET", "/api/onboarding", routes.steps, access=Access.PUBLIC, summary="How far the hub is set up")
    ctx.routes.add(
        "POST", "/api/onboarding/users", checked(USER, routes.user), access=Access.PUBLIC,
        summary="Says where the first owner is made", max_body=1 << 14,
    )  # fmt: skip
