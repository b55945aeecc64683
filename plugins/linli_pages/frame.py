"""The frame's addresses: the shells of all pages, which pages there are, and the texts they speak with."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from linli import (
    Auth,
    Clock,
    CoreSettings,
    NotFound,
    PluginDomain,
    Request,
    Response,
    Translator,
    dumps,
    is_client_id,
    is_redirect,
    negotiate,
)
from linli_http.api import StaticFile
from linli_pages.api import Page
from linli_pages.shell import policy, shell

GatherPages = Callable[[], Awaitable[Mapping[str, Sequence[Page]]]]
DOMAIN = PluginDomain("pages")


class Frame:
    """Answers for what all pages have in common."""

    def __init__(
        self, auth: Auth, translator: Translator, settings: CoreSettings, clock: Clock, gather: GatherPages,
        first: str | None,
    ) -> None:  # fmt: skip
        self._auth = auth
        self._translator = translator
        self._settings = settings
        self._clock = clock
        self._gather = gather
        self._first = first

    async def pages(self) -> list[Page]:
        """All pages in their order; the one that the deployment calls first stands first."""
        found: dict[str, Page] = {}
        for contributed in (await self._gather()).values():
            for page in contributed:
                found.setdefault(page.name, page)
        return sorted(found.values(), key=lambda page: (page.name != self._first, page.order, page.name))

    # addresses -------------------------------------------------------------------------------------------------------

    async def index(self, request: Request) -> Response:
        """``/``: log-in or set-up, then the first page."""
        return self._shell(request, None)

    async def page(self, request: Request) -> Response:
        """``/pages/NAME``."""
        for page in await self.pages():
            if page.name == request.params["name"]:
                return self._shell(request, page)
        raise NotFound("there is no such page")

    async def authorize(self, request: Request) -> Response:
        """``/auth/authorize``: the log-in form for another program, which is then told by a code (OAuth 2).

        Whether the client may have its codes sent where it says is decided here and again when the password was right.
        """
        client_id, redirect_uri = request.query.get("client_id", ""), request.query.get("redirect_uri", "")
        good = is_client_id(client_id) and is_redirect(client_id, redirect_uri)
        return self._shell(request, None, {"authorize": "yes" if good else "no"})

    async def list(self, request: Request) -> Response:
        """The pages that the caller finds in the navigation, with titles in the language that they ask for."""
        language = self._language(request)
        user, view = request.user, request.view
        assert user is not None
        return Response.json(
            [
                {
                    "name": page.name,
                    "url": f"/pages/{page.name}",
                    "title": self._translator.say(PluginDomain(page.domain), page.title, {}, language),
                    "icon": page.icon,
                    "module": page.module,
                    "element": page.element,
                    "domain": page.domain,
                }
                for page in await self.pages()
                if not page.roles or user.role in page.roles or view.may("admin")
            ]
        )

    async def texts(self, request: Request) -> Response:
        """All texts of one plugin in one language; they are the same for everybody and say nothing of this home."""
        domain = PluginDomain(request.params["domain"])
        if domain not in self._translator.domains:
            raise NotFound("there are no such texts")
        catalog: dict[str, Any] = self._translator.catalog(domain, request.params["language"])
        return StaticFile.of(dumps(catalog), ".json", self._clock.timestamp()).answer(request.headers)

    # -----------------------------------------------------------------------------------------------------------------

    def _language(self, request: Request) -> str:
        """What is asked for, then what the user, the browser, the deployment prefer."""
        wanted = request.query.get("language") or (request.user and request.user.language)
        return negotiate(wanted or request.headers.get("Accept-Language") or self._settings.language)

    def _shell(self, request: Request, page: Page | None, more: Mapping[str, str] | None = None) -> Response:
        language = self._language(request)
        title = "linli"
        attributes = {"language": negotiate(self._settings.language), **(more or {})}
        if page is not None:
            title = self._translator.say(PluginDomain(page.domain), page.title, {}, language)
            attributes["page"] = page.name
        if self._auth.first_owner.is_needed:
            attributes["needs-owner"] = ""
        html = shell(language, title, self._translator.say(DOMAIN, "noscript", {}, language), attributes)
        headers = {"Content-Security-Policy": policy(request.headers.get("Host")), "Cache-Control": "no-store"}
        return Response(html.encode(), 200, "text/html", headers)
