"""What plugins may answer for the pages."""

from collections.abc import Sequence

from linli import Answer, hookspec
from linli_pages.api import Page


@hookspec(guarded=True)
def pages_contribute() -> Answer[Sequence[Page]]:
    """Name the pages that the plugin has; it serves their modules itself (``linli_http.api.serve_folder``).

    Modules run in the hub's own origin with the rights of whoever looks, so the plugin has to be trusted.

    Called when somebody opens a page or asks which there are; it has 2 s. None: no page. An exception or a time-out is
    charged and this plugin's pages are left out that time. Of two pages with one name the first plugin's counts.
    """
