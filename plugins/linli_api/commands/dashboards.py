"""``lovelace/*`` and ``get_panels``: dashboards that people made, and what they load."""

from collections.abc import Mapping
from typing import Any, Final

import voluptuous as vol

from linli import EventType, InvalidRequest, NotFound, PluginContext, dumps
from linli_api.codes import CommandError
from linli_api.commands.fields import OR_NOTHING, icon, nothing_or
from linli_api.commands.rights import given, needs
from linli_api.connection import Call
from linli_api.kept import Kept

EDIT: Final = "config.edit"
UPDATED: Final[EventType[dict[str, Any]]] = EventType("lovelace_updated")
"""What a dashboard shows was changed.

url_path: which dashboard; null: the first
require_admin: true of one for administrators, of which nobody else hears; otherwise not there
"""
PANELS_UPDATED: Final[EventType[dict[str, Any]]] = EventType("panels_updated")
"""The side bar of screens was changed: a dashboard came, went or is called otherwise.

require_admin: true where only the side bars of administrators have changed, of which nobody else hears; otherwise not
    there
"""
DEFAULT: Final = "lovelace"
"""The key under which the first dashboard is kept; its clients name it by null."""
MOST_KEPT: Final = 4 << 20
"""Bytes of one dashboard."""
MODE: Final = "storage"


class Dashboards:
    """The handlers; dashboards and their contents are kept apart, so that the list stays small."""

    def __init__(self, ctx: PluginContext) -> None:
        self._bus = ctx.bus
        self._boards = Kept(ctx, "dashboards")
        self._contents = Kept(ctx, "dashboard_contents")

    # contents --------------------------------------------------------------------------------------------------------

    async def config(self, call: Call) -> Any:
        """What a dashboard shows."""
        key, _ = await self._key(call)
        content = await self._contents.get(key)
        if content is None:
            raise CommandError("config_not_found", "No config found.")
        return content["config"]

    async def save(self, call: Call) -> None:
        """What it shall show."""
        (key, is_private), config = await self._key(call), call.message["config"]
        if len(dumps(config)) > MOST_KEPT:
            raise InvalidRequest(f"a dashboard has at most {MOST_KEPT} bytes", path=("config",))
        await self._contents.put(key, {"config": config})
        self._tell(call, is_private)

    async def delete(self, call: Call) -> None:
        """Nothing; screens then make one themselves."""
        key, is_private = await self._key(call)
        await self._contents.delete(key)
        self._tell(call, is_private)

    async def _key(self, call: Call) -> tuple[str, bool]:
        """Under what the contents are kept, and whether they are for administrators only."""
        path: str | None = call.message.get("url_path")
        if path is None:
            return DEFAULT, False
        board = await self._by_path(path)
        if board is None or (board["require_admin"] and not call.view.may("admin")):
            raise CommandError("config_not_found", f"Unknown config specified: {path}")
        return path, board["require_admin"]

    def _tell(self, call: Call, is_private: bool) -> None:
        self._bus.fire(UPDATED, {"url_path": call.message.get("url_path"), **_of(is_private)})

    # the list --------------------------------------------------------------------------------------------------------

    async def all(self, call: Call) -> list[Mapping[str, Any]]:
        """Those that the reader may open, beside the first."""
        boards = (await self._boards.all()).values()
        return [board for board in boards if not board["require_admin"] or call.view.may("admin")]

    async def create(self, call: Call) -> Mapping[str, Any]:
        """Another dashboard."""
        message = call.message
        path: str = message["url_path"]
        if "-" not in path and not message["allow_single_word"]:
            raise InvalidRequest("Url path needs to contain a hyphen (-)", path=("url_path",))
        if path == DEFAULT or await self._by_path(path) is not None:
            raise InvalidRequest("Panel url path needs to be unique", path=("url_path",))
        board = {"id": path.replace("-", "_"), **given(call, "allow_single_word")}
        await self._boards.put(board["id"], board)
        self._bus.fire(PANELS_UPDATED, _of(board["require_admin"]))
        return board

    async def update(self, call: Call) -> Mapping[str, Any]:
        """Another title, icon …"""
        before = await self._need(call)
        board = {**before, **given(call, "dashboard_id")}
        await self._boards.put(board["id"], board)
        self._bus.fire(PANELS_UPDATED, _of(before["require_admin"] and board["require_admin"]))
        return board

    async def remove(self, call: Call) -> None:
        """Away with it, and with what it shows."""
        board = await self._need(call)
        await self._boards.delete(board["id"])
        await self._contents.delete(board["url_path"])
        self._bus.fire(PANELS_UPDATED, _of(board["require_admin"]))

    async def _need(self, call: Call) -> Mapping[str, Any]:
        board_id: str = call.message["dashboard_id"]
        board = await self._boards.get(board_id)
        if board is None:
            raise NotFound(f"Unable to find dashboard_id {board_id}")
        return board

    async def _by_path(self, path: str) -> Mapping[str, Any] | None:
        return next((board for board in (await self._boards.all()).values() if board["url_path"] == path), None)

    # panels ----------------------------------------------------------------------------------------------------------

    async def panels(self, call: Call) -> Mapping[str, Any]:
        """What stands in the side bar of a screen."""
        shown = {
            DEFAULT: _panel(DEFAULT, DEFAULT, {"mode": MODE}),
            "profile": _panel("profile", "profile", None),
        }
        for board in await self.all(call):
            shown[board["url_path"]] = _panel(
                DEFAULT,
                board["url_path"],
                {"mode": MODE},
                title=board["title"] if board["show_in_sidebar"] else None,
                icon=board.get("icon", "mdi:view-dashboard") if board["show_in_sidebar"] else None,
                require_admin=board["require_admin"],
            )
        return shown


def _of(is_private: bool) -> dict[str, Any]:
    """What an event says of a dashboard for administrators, so that it is told to nobody else."""
    return {"require_admin": True} if is_private else {}


def _panel(
    component: str, path: str, config: Mapping[str, Any] | None, *, title: str | None = None, icon: str | None = None,
    require_admin: bool = False,
) -> dict[str, Any]:  # fmt: skip
    return {
        "component_name": component,
        "config": config,
        "config_panel_domain": None,
        "icon": icon,
        "require_admin": require_admin,
        "title": title,
        "url_path": path,
    }


def add(ctx: PluginContext) -> None:
    """Offer them."""
    boards, offer = Dashboards(ctx), ctx.commands.add
    path = {vol.Optional("url_path"): OR_NOTHING}
    offer("get_panels", boards.panels)
    offer("lovelace/config", boards.config, {**path, vol.Optional("force"): bool})
    offer("lovelace/config/save", needs(EDIT, boards.save), {**path, vol.Required("config"): vol.Any(str, dict)})
    offer("lovelace/config/delete", needs(EDIT, boards.delete), path)
    looks: dict[Any, Any] = {vol.Optional("icon"): nothing_or(icon)}
    the_id = {vol.Required("dashboard_id"): str}
    offer("lovelace/dashboards/list", boards.all)
    offer(
        "lovelace/dashboards/create",
        needs(EDIT, boards.create),
        {
            **looks,
            vol.Required("url_path"): str,
            vol.Required("title"): str,
            vol.Optional("mode", default=MODE): MODE,
            vol.Optional("require_admin", default=False): bool,
            vol.Optional("show_in_sidebar", default=True): bool,
            vol.Optional("allow_single_word", default=False): bool,
        },
    )
    changes = {vol.Optional("title"): str, vol.Optional("require_admin"): bool, vol.Optional("show_in_sidebar"): bool}
    offer("lovelace/dashboards/update", needs(EDIT, boards.update), {**the_id, **looks, **changes})
    offer("lovelace/dashboards/delete", needs(EDIT, boards.remove), the_id)
