"""``/api/linli/openapi.json``: every address with what it takes, made from the table of routes that the hub serves."""

import re
from typing import Any, Final

from linli import Access, PluginContext, Request, Response, Route, openapi_schema
from linli_api.version import LINLI_VERSION

OPENAPI: Final = "3.1.0"
_PARAMETER: Final = re.compile(r"\{(\w+):[^{}]+\}")
_SAID: Final = {
    "type": "object",
    "properties": {"message": {"type": "string"}, "code": {"type": "string"}},
    "required": ["message"],
}
"""A sentence for a person, a code for a program."""
_NOBODY: Final = {"description": "No valid token, or one whose user may not do this"}
_NOT_THERE: Final = {"description": "No such thing, or none that this reader may know of"}
_ANYWHERE: Final = {
    "403": {"description": "The address is banned"},
    "429": {"$ref": "#/components/responses/TooOften"},
    "503": {"$ref": "#/components/responses/NotNow"},
}
_RETRY: Final = {"Retry-After": {"description": "Seconds", "schema": {"type": "integer"}}}


def _said(description: str, **more: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Said"}}}
    return {"description": description, "content": content, **more}


_COMPONENTS: Final = {
    "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
    "schemas": {"Said": _SAID},
    "responses": {
        "TooOften": _said("This caller asks too often", headers=_RETRY),
        "NotNow": _said("The hub cannot do it just now: it starts, is busy, or its storage fails", headers=_RETRY),
    },
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
                "components": _COMPONENTS,
            }
        )


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": route.summary or f"{route.method} {route.path}",
        "tags": [str(route.owner)],
        "operationId": _operation_id(route),
        "responses": {"200": {"description": route.summary or "Done"}, **_ANYWHERE},
    }
    if route.parameters:
        operation["parameters"] = [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in route.parameters
        ]
        operation["responses"]["404"] = _NOT_THERE
    if route.body_schema is not None:
        body = {"schema": openapi_schema(route.body_schema)}
        operation["requestBody"] = {"required": not route.body_is_optional, "content": {route.body_type: body}}
        operation["responses"] |= {
            "400": _said("The body is not as described"),
            "413": _said(f"The body is longer than {route.max_body} bytes"),
        }
    if route.access is not Access.PUBLIC:
        operation["security"] = [{"token": []}]
        operation["responses"]["401"] = _NOBODY
    return operation


def _operation_id(route: Route) -> str:
    words = re.findall(r"\w+", _PARAMETER.sub(r"\1", route.path))
    return "_".join([route.method.lower(), *words])


def add(ctx: PluginContext) -> None:
    """Offer it."""
    ctx.routes.add(
        "GET", "/api/linli/openapi.json", OpenApiRoutes(ctx).document, summary="This description of the addresses"
    )
