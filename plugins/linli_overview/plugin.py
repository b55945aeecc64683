"""Offers the page; everything it shows comes over the API in the reader's own view."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from linli import ConfigEntry, PluginContext, hookimpl
from linli_http.api import serve_folder
from linli_pages.api import Page

PAGE: Final = Page(
    domain="overview",
    name="overview",
    title="page.title",
    module="/pages/overview/overview.js",
    element="linli-overview",
    icon="mdi:home",
    order=10,
)


@hookimpl
async def linli_setup_entry(ctx: PluginContext, entry: ConfigEntry) -> None:
    """Serve the page's module."""
    await serve_folder(ctx, "/pages/overview/", Path(__file__).with_name("pages"))


@hookimpl
def pages_contribute() -> Sequence[Page]:
    """The page of the home stands first."""
    return [PAGE]
