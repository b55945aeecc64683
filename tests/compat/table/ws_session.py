"""WebSocket: being let in, ids, formats, ping, features."""

from compat.harness.steps import CODE, Hear, Http, Look, Open, Send, case, ws

WORDS = Look(words=True)


def unread(message: object, answers: int = 1, look: Look = WORDS) -> Send:
    """A message that goes out as it is, without an id of ours."""
    return Send(message, numbered=False, answers=answers, look=look)


CASES = (
    case("let in", Open(), ws("ping")),
    case("no such token", Open(user=None), unread({"type": "auth", "access_token": "wrong"}, 2)),
    case("an old kind of password", Open(user=None), unread({"type": "auth", "api_password": "x"}, 2)),
    case("neither token nor password", Open(user=None), unread({"type": "auth"}, 2)),
    case(
        "both token and password",
        Open(user=None),
        unread({"type": "auth", "access_token": "x", "api_password": "x"}, 2),
    ),
    case("a token that is no text", Open(user=None), unread({"type": "auth", "access_token": 5}, 2)),
    case("a command before auth", Open(user=None), unread({"id": 1, "type": "ping"}, 2)),
    case("auth with an id", Open(user=None), unread({"id": 1, "type": "auth", "access_token": "${admin}"}, 2)),
    case("auth as a list", Open(user=None), unread([1], 2)),
    case("auth as a number", Open(user=None), unread("5", 2)),
    case("auth as no JSON", Open(user=None), unread("{", 2)),
    case("auth as bytes", Open(user=None), unread(b"\x01abc", 2)),
    case("auth as nothing", Open(user=None), unread("", 2)),
    case(
        "the upgrade is wanted",
        Http("GET", "/api/websocket", user=None, look=CODE),
        Http("POST", "/api/websocket", {}, look=CODE),
    ),
    case(
        "the same token twice is a command without an id",
        ws("ping"),
        unread({"type": "auth", "access_token": "${admin}"}),
        ws("ping"),
    ),
    case(
        "messages that are wrong",
        unread({"type": "ping"}),
        unread({"id": "1", "type": "ping"}),
        unread({"id": 1.5, "type": "ping"}),
        unread({"id": True, "type": "ping"}),
        unread({"id": None, "type": "ping"}),
        unread({"id": 0, "type": "ping"}),
        unread({"id": -1, "type": "ping"}),
        unread({"id": 1}),
        unread({"id": 1, "type": 5}),
        unread({"id": 1, "type": None}),
        unread({"id": 1, "type": ""}),
        unread({}),
        unread("5"),
        unread('"text"'),
        unread("null"),
        unread("[]", 0),
        ws("ping"),
    ),
    case("no JSON closes", ws("ping"), unread("{", 2)),
    case("an empty text closes", ws("ping"), unread("", 2)),
    case("bytes that nobody waits for", ws("ping"), unread(b"\x01abc", 0), ws("ping")),
    case("empty bytes", ws("ping"), unread(b"", 0), ws("ping")),
    case(
        "ids have to increase",
        Send({"id": 5, "type": "ping"}),
        Send({"id": 5, "type": "ping"}, look=WORDS),
        Send({"id": 4, "type": "ping"}, look=WORDS),
        Send({"id": 100000000000000000, "type": "ping"}),
        Send({"id": 6, "type": "ping"}),
    ),
    case(
        "an unknown command uses its id up or not",
        Send({"id": 1, "type": "compat_none"}, look=WORDS),
        Send({"id": 1, "type": "ping"}),
        Send({"id": 2, "type": "ping", "extra": 1}, look=WORDS),
        Send({"id": 2, "type": "ping"}),
        Send({"id": 3, "type": "subscribe_events", "event_type": 5}, look=WORDS),
        Send({"id": 3, "type": "ping"}),
    ),
    case(
        "several messages in one list",
        Send([{"id": 1, "type": "ping"}, {"id": 2, "type": "ping"}], answers=2, numbered=False, look=WORDS),
        Send([{"id": 3, "type": "ping"}, 5], answers=2, numbered=False, look=WORDS),
        Send([[{"id": 4, "type": "ping"}]], answers=1, numbered=False, look=WORDS),
    ),
    case(
        "features",
        ws("supported_features", features={"coalesce_messages": 1}),
        ws("supported_features", features={}),
        ws("supported_features", features={"compat_unknown": 7}),
        ws("supported_features", features=[]),
        ws("supported_features", features={"coalesce_messages": "x"}),
        ws("supported_features"),
    ),
    case(
        "coalesced messages come in a list",
        Open(flat=False),
        Send({"id": 1, "type": "supported_features", "features": {"coalesce_messages": 1}}, numbered=False),
        Send(
            [{"id": 2, "type": "ping"}, {"id": 3, "type": "ping"}, {"id": 4, "type": "ping"}],
            numbered=False,
        ),
    ),
    case(
        "a revoked token closes its socket",
        ws("auth/long_lived_access_token", client_name="compat to be revoked", lifespan=1, save={"token": "result"}),
        Open("other", "${token}"),
        ws("auth/refresh_tokens", socket="other", look=CODE),
        ws(
            "auth/refresh_tokens",
            look=Look(only={"result": ("client_name", "compat to be revoked")}),
            save={"id": "result.0.id"},
        ),
        ws("auth/delete_refresh_token", refresh_token_id="${id}"),
        Hear(1, "other"),
        Http("GET", "/api/", user="${token}"),
    ),
)
