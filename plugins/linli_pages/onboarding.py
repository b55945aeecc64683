"""The set-up form's addresses: each call carries the one-time secret and comes from the hub's own page (SAFETY 21)."""

from typing import Final, TypedDict

import voluptuous as vol

from linli import CORE, Auth, InvalidRequest, LinliError, Request, Response, Translator, negotiate
from linli_http.api import status_of

MAX_BODY: Final = 4096

CHECK = vol.Schema({vol.Required("secret"): str})
CLAIM = vol.Schema(
    {
        vol.Required("secret"): str,
        vol.Required("name"): str,
        vol.Required("password"): str,
        vol.Optional("language"): vol.Any(str, None),
    }
)


class Onboarding:
    """Answers the set-up form, refusals in the language that the browser asks for."""

    def __init__(self, auth: Auth, translator: Translator) -> None:
        self._auth = auth
        self._translator = translator

    async def check(self, request: Request) -> Response:
        """Whether the link is still good, before anybody types a password."""
        try:
            data = await _body(request, CHECK)
            await self._auth.first_owner.check(data["secret"], **_origin(request))
        except LinliError as error:
            return self._refused(request, error)
        return Response.json({"open": True})

    async def claim(self, request: Request) -> Response:
        """Make the owner; the secret is spent. They then log in like everybody else, with their name."""
        try:
            data = await _body(request, CLAIM)
            language = data.get("language")
            user = await self._auth.first_owner.claim(
                data["secret"],
                **_origin(request),
                name=data["name"],
                username=data["name"],
                password=data["password"],
                language=None if language is None else negotiate(language),
            )
        except LinliError as error:
            return self._refused(request, error)
        return Response.json({"user_id": user.id, "name": user.name, "username": user.username}, 201)

    def _refused(self, request: Request, error: LinliError) -> Response:
        language = negotiate(request.headers.get("Accept-Language"))
        sentence = str(error)
        if error.key is not None:
            sentence = self._translator.say(CORE, error.key, error.parameters, language)
        return Response.json({"message": sentence, "code": error.code}, status_of(error))


class _Origin(TypedDict):
    host: str | None
    origin: str | None
    address: str


def _origin(request: Request) -> _Origin:
    return {"host": request.headers.get("Host"), "origin": request.headers.get("Origin"), "address": request.remote}


async def _body(request: Request, schema: vol.Schema) -> dict[str, str]:
    """A form from another page cannot have this content type without asking first, and is not allowed then."""
    if request.headers.get("Content-Type", "").partition(";")[0].strip() != "application/json":
        raise InvalidRequest("this address takes application/json")
    try:
        data: dict[str, str] = schema(await request.json())
    except vol.Invalid as error:
        raise InvalidRequest(f"the form is incomplete: {error}") from error
    return data
