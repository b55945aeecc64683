"""What other plugins may use of the web server."""

from pathlib import Path
from typing import Protocol

from linli import Access, PluginContext
from linli_http.refusals import answer_to, status_of
from linli_http.static import StaticFile, StaticFolder

__all__ = ["HttpApi", "StaticFile", "StaticFolder", "answer_to", "serve_folder", "status_of"]


class HttpApi(Protocol):
    """The running server."""

    async def base_url(self) -> str:
        """Where a person on this network opens the hub: scheme, host and port, without a slash at the end."""


async def serve_folder(ctx: PluginContext, prefix: str, folder: Path) -> StaticFolder:
    """Serve the files of ``folder`` under ``prefix`` (``/pages/notices/``) to anybody; they hold no data.

    Raises ContractError for a folder that is none or holds too much.
    """
    files = await ctx.run_blocking(StaticFolder, folder)
    ctx.routes.add("GET", prefix + "{file:.*}", files.handle, access=Access.PUBLIC, summary="A file of its pages")
    return files
