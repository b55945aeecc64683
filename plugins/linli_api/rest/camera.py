"""``/api/camera_proxy/ID``: the still image of a camera, for a token in the header or the key in its attributes."""

from typing import Any, Final

from linli import Access, HandlerFailed, NotSupported, PluginContext, Request, Response

CAMERA: Final = "camera"
LARGEST: Final = 10_000


class CameraRoutes:
    """The handlers."""

    def __init__(self, ctx: PluginContext) -> None:
        self._ctx = ctx
        self._platforms = ctx.serving.rooms.platforms

    def void_keys_with_rights(self) -> None:
        """A key is as good as the right to see the attribute that shows it, so it ends when anybody's right may have.

        Whose is not asked: new keys cost one state change for each camera. They are made once the views have turned,
        or who lost the right would be told the new key.
        """
        rooms, own = self._ctx.serving.rooms, self._ctx.nursery.own
        own(rooms.auth.watch_ends(self._platforms.void_keys))
        own(rooms.registries.watch(lambda entity_id: self._platforms.void_keys(entity_id)))

    async def picture(self, request: Request) -> Response:
        """The picture of this moment; what is no camera is not found, as in the original.

        Nor is a camera without the right to it or a good key (the original says 401 or 403): which ones there are is
        not a stranger's to learn.
        """
        entity_id = request.params["entity_id"].lower()
        life = self._platforms.live(entity_id)
        if life is None or life.domain != CAMERA:
            return _plain(404, "Not Found")
        if not self._may_see(request, life):
            return _plain(404, "Not Found")
        try:
            width, height = (_length(request.query.get(name)) for name in ("width", "height"))
        except ValueError:
            return _plain(400, "Bad Request")
        try:
            content, kind = await self._ctx.entities.picture(entity_id, width, height)
        except NotSupported:
            return _plain(503, "Service Unavailable")
        except HandlerFailed:
            return _plain(500, "Internal Server Error")
        if not self._may_see(request, life):
            return _plain(404, "Not Found")  # the right has ended while the picture was made
        return Response(content, content_type=kind, headers={"Cache-Control": "no-store"})

    def _may_see(self, request: Request, life: Any) -> bool:
        if request.user is not None:
            return request.view.sees(life.entity_id)
        return life.keys is not None and bool(life.keys.open(request.query.get("token", "")))


def _length(text: str | None) -> int | None:
    """Pixels; raises ValueError for what is none."""
    if text is None or text == "":
        return None
    length = int(text)
    if not 0 < length <= LARGEST:
        raise ValueError(text)
    return length


def _plain(status: int, phrase: str) -> Response:
    return Response.text(f"{status}: {phrase}", status)


def add(ctx: PluginContext) -> None:
    """Offer them."""
    routes = CameraRoutes(ctx)
    routes.void_keys_with_rights()
    ctx.routes.add(
        "GET", "/api/camera_proxy/{entity_id}", routes.picture, access=Access.PUBLIC,
        summary="The picture of a camera, for a token or the key in its attributes",
    )  # fmt: skip
