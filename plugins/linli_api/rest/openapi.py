"""``/api/linli/openapi.json``: every address with what it takes, made from the table of routes that the hub serves."""

import re
from typing import Any, Final

from linli import Access, PluginContext, Request, Response, Route, openapi_schema
from linli_api.version import LINLI_VERSION

OPENAPI: Final = "3.1.0"
_PARAMETER: Final = re.compile(r"\{(\w+):[^{}]+\}")
_REFUSALS: Final = {
    "401": {"description": "No valid token, or one whose user may not do this"},
    "404": {"description": "No such thing, or none that this reader may know of"},
}


class OpenApiRoutes:
    """The handler."""

    def __init__(self, ctx: PluginContext) -> None:
        self._rooms = ctx.serving.rooms

    async def document(self, request: Request) -> Response:
        """The description, made anew: plugins come and go."""
        paths: dict[str, dict[str, Any]] = {}
        for route in self._rooms.routes.all():
            if not route.socket:
                paths.setdefault(_PARAMETER.sub(r"{\1}", route.path), {})[route.method.lower()] = _operation(route)
        return Response.json(
            {
                "openapi": OPENAPI,
                "info": {"title": f"linli: {self._rooms.settings.name}", "version": LINLI_VERSION},
                "paths": dict(sorted(paths.items())),
                "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
            }
        )


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": route.summary or f"{route.method} {route.path}",
        "tags": [str(route.owner)],
        "operationId": _operation_id(route),
        "responses": {"200": {"description": "Done"}},
    }
    if route.parameters:
        operation["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in route.parameters
        ]
    if route.body_schema is not None:
        body = {"schema": openapi_schema(route.body_schema)}
        operation["requestBody"] = {"required": True, "content": {"application/json": body}}
        operation["responses"]["400"] = {"description": "The body is not as described"}
    if route.access is not Access.PUBLIC:
        operation["security"] = [{"token": []}]
        operation["responses"] |= _REFUSALS
    return operation


def _operation_id(route: Route) -> str:
    words = re.findall(r"\w+", _PARAMETER.sub(r"\1", route.path))
    return "_".join([route.method.lower(), *words])


def add(ctx: PluginContext) -> None:
    """Offer it."""
    ctx.routes.add(
        "GET", "/api/linli/openapi.json", OpenApiRoutes(ctx).document, summary="This description of the addresses"
    )
