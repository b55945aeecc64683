"""HTTP: logging in, tokens, onboarding."""

from compat.harness.steps import CODE, SHAPE, Http, Look, case

CLIENT = "${url}/"
REDIRECT = "${url}/?auth_callback=1"
START = {"client_id": CLIENT, "handler": ["homeassistant", None], "redirect_uri": REDIRECT}
LOGIN = {"client_id": CLIENT, "username": "owner", "password": "only-for-this-run"}


def start(**changes: object) -> Http:
    """Begin a login, with some fields changed; None takes a field away."""
    body = {key: value for key, value in {**START, **changes}.items() if value != "-"}
    return Http("POST", "/auth/login_flow", body, user=None, save={"flow": "flow_id"})


def proceed(**changes: object) -> Http:
    """The second step of a login."""
    body = {key: value for key, value in {**LOGIN, **changes}.items() if value != "-"}
    return Http("POST", "/auth/login_flow/${flow}", body, user=None, save={"code": "result"})


def token(**form: str) -> Http:
    """A request to the token endpoint."""
    save = (
        {"access": "access_token", "refresh": "refresh_token"} if form.get("grant_type") == "authorization_code" else {}
    )
    return Http("POST", "/auth/token", form=form, user=None, save=save)


CODE_GRANT = {"grant_type": "authorization_code", "code": "${code}", "client_id": CLIENT}
REFRESH = {"grant_type": "refresh_token", "refresh_token": "${refresh}", "client_id": CLIENT}

CASES = (
    case(
        "providers and metadata",
        Http("GET", "/auth/providers", user=None),
        Http("POST", "/auth/providers", user=None),
        Http("GET", "/.well-known/oauth-authorization-server", user=None),
        Http("GET", "/auth/authorize?response_type=code&client_id=${url}/", user=None, look=CODE),
        Http("GET", "/api/onboarding", user=None, look=SHAPE),
        Http("GET", "/api/onboarding", user=None, look=Look(only={"": ("step", "user")})),
        Http(
            "POST",
            "/api/onboarding/users",
            {"name": "x", "username": "x", "password": "x", "client_id": CLIENT, "language": "en"},
            user=None,
        ),
        Http(
            "POST",
            "/api/onboarding/users",
            {"name": "x", "username": "x", "password": "x", "language": "en"},
            user=None,
        ),
        Http("POST", "/api/onboarding/core_config", {}, user=None),
        Http("GET", "/api/onboarding/installation_type", user=None, look=CODE),
        Http("GET", "/api/discovery_info", user=None, look=CODE),
    ),
    case(
        "log in, refresh, revoke",
        start(),
        proceed(),
        token(**CODE_GRANT),
        Http("GET", "/api/", user="${access}"),
        token(**CODE_GRANT),
        token(**REFRESH),
        token(**{**REFRESH, "client_id": "http://other.example/"}),
        token(grant_type="refresh_token", refresh_token="${refresh}"),
        token(grant_type="refresh_token", client_id=CLIENT),
        token(**{**REFRESH, "refresh_token": "nothing"}),
        token(**{**REFRESH, "client_id": "not a url"}),
        Http("POST", "/auth/revoke", form={"token": "${refresh}"}, user=None),
        token(**REFRESH),
        Http("GET", "/api/", user="${access}"),
        Http("POST", "/auth/revoke", form={"token": "${refresh}"}, user=None),
        Http("POST", "/auth/revoke", form={}, user=None),
        Http("GET", "/auth/revoke", user=None),
    ),
    case(
        "revoking through the token endpoint",
        start(),
        proceed(),
        token(**CODE_GRANT),
        token(action="revoke", token="${refresh}"),
        token(**REFRESH),
        Http("GET", "/api/", user="${access}"),
    ),
    case(
        "beginnings that are wrong",
        start(handler=["homeassistant"]),
        start(handler="homeassistant"),
        start(handler=["compat_none", None]),
        start(handler=[5, None]),
        start(client_id="-"),
        start(redirect_uri="-"),
        start(handler="-"),
        start(client_id="not a url"),
        start(client_id=5),
        start(unknown=1),
        Http("POST", "/auth/login_flow", raw=b"{", user=None),
        Http("POST", "/auth/login_flow", raw=b"", user=None),
        Http("POST", "/auth/login_flow", [], user=None),
        Http("GET", "/auth/login_flow", user=None),
        Http("PUT", "/auth/login_flow", {}, user=None),
    ),
    case(
        "second steps that are wrong",
        start(),
        proceed(password="wrong"),
        proceed(username="nobody"),
        proceed(username="-"),
        proceed(password="-"),
        proceed(password=5),
        proceed(extra=1),
        proceed(client_id="-"),
        proceed(client_id="not a url"),
        Http("POST", "/auth/login_flow/${flow}", raw=b"{", user=None),
        Http("POST", "/auth/login_flow/nothing", LOGIN, user=None),
        Http("GET", "/auth/login_flow/${flow}", user=None),
        proceed(username=" OWNER "),
        proceed(),
    ),
    case(
        "giving up",
        start(),
        Http("DELETE", "/auth/login_flow/${flow}", user=None),
        Http("DELETE", "/auth/login_flow/${flow}", user=None),
        proceed(),
    ),
    case(
        "a redirect to somewhere else",
        start(redirect_uri="http://evil.example/"),
        proceed(),
    ),
    case(
        "token requests that are wrong",
        token(),
        token(grant_type="password", username="owner", password="x"),
        token(grant_type="authorization_code"),
        token(grant_type="authorization_code", client_id=CLIENT),
        token(grant_type="authorization_code", client_id=CLIENT, code="nothing"),
        token(grant_type="authorization_code", client_id="not a url", code="nothing"),
        token(grant_type="refresh_token"),
        Http("POST", "/auth/token", {"grant_type": "authorization_code"}, user=None),
        Http("POST", "/auth/token", raw=b"\xff\xfe", user=None),
        Http("GET", "/auth/token", user=None),
        Http("OPTIONS", "/auth/token", user=None, headers={"Origin": "http://other.example"}),
        Http("POST", "/auth/token", form={}, user=None, headers={"Origin": "http://other.example"}),
    ),
    case(
        "a code belongs to its client",
        start(),
        proceed(),
        token(**{**CODE_GRANT, "client_id": "http://other.example/"}),
        token(**CODE_GRANT),
    ),
    case(
        "linking a user",
        Http("POST", "/auth/link_user", {"code": "nothing", "client_id": CLIENT}),
        Http("POST", "/auth/link_user", {"code": "nothing", "client_id": CLIENT}, user=None),
        Http("POST", "/auth/link_user", {"code": 5}),
    ),
    case(
        "cross origin is off",
        Http("GET", "/api/", headers={"Origin": "http://other.example"}),
        Http(
            "OPTIONS",
            "/api/states",
            user=None,
            headers={"Origin": "http://other.example", "Access-Control-Request-Method": "GET"},
        ),
    ),
)
