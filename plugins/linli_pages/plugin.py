"""The frame of the pages, while its entry is set up."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from linli import Access, ConfigEntry, PluginContext, Request, Response, hookimpl
from linli_http.api import StaticFile, StaticFolder
from linli_pages import hooks
from linli_pages.api import Page
from linli_pages.frame import Frame
from linli_pages.onboarding import CHECK, CLAIM, MAX_BODY, Onboarding

PAGES_WITHIN_S: Final = 2.0
FOLDER: Final = Path(__file__).with_name("pages")
PLUGINS: Final = Page(
    domain="pages",
    name="plugins",
    title="plugins.title",
    module="/pages/plugins/plugins.js",
    element="linli-plugins",
    icon="mdi:cog",
    roles=("admin",),
    order=900,
)


@hookimpl
async def linli_setup_entry(ctx: PluginContext, entry: ConfigEntry) -> None:
    """Serve the shells, the helper module, the texts, and the set-up form."""
    auth, rooms = ctx.serving.auth, ctx.serving.rooms
    frame = Frame(
        auth,
        rooms.translator,
        ctx.settings,
        ctx.clock,
        lambda: ctx.hooks.gather(hooks.pages_contribute, within=PAGES_WITHIN_S),
        entry.data.get("first"),
    )
    onboarding = Onboarding(auth, rooms.translator)
    add = ctx.routes.add
    add("GET", "/", frame.index, access=Access.PUBLIC)
    add("GET", "/plugins", _to_plugins, access=Access.PUBLIC, summary="Leads to the page of the plugins")
    add("GET", "/pages/{name}", frame.page, access=Access.PUBLIC)
    add("GET", "/pages/texts/{domain}/{language}.json", frame.texts, access=Access.PUBLIC)
    add("GET", "/auth/authorize", frame.authorize, access=Access.PUBLIC, summary="The log-in form for another program")
    add("GET", "/api/linli/pages", frame.list, summary="The pages that this user finds in the navigation")
    add(
        "POST", "/api/linli/onboarding/check", onboarding.check, access=Access.PUBLIC, body_schema=CHECK.schema,
        summary="Whether the one-time set-up link is still good", max_body=MAX_BODY,
    )  # fmt: skip
    add(
        "POST", "/api/linli/onboarding", onboarding.claim, access=Access.PUBLIC, body_schema=CLAIM.schema,
        summary="Make the first owner with the one-time set-up link", max_body=MAX_BODY,
    )  # fmt: skip
    files = await ctx.run_blocking(StaticFolder, FOLDER)
    for name in files.names:
        answer = partial(_file, files.get(name))
        add("GET", f"/pages/{name}", answer, access=Access.PUBLIC, summary="A file of the pages")


@hookimpl
def pages_contribute() -> Sequence[Page]:
    """The page of the plugins stands here because it must open whatever else is in quarantine."""
    return [PLUGINS]


async def _to_plugins(request: Request) -> Response:
    return Response(b"", 302, "text/plain", {"Location": f"/pages/{PLUGINS.name}"})


def _file(file: StaticFile, request: Request) -> Response:
    return file.answer(request.headers)
