"""The log-in form as Home Assistant's clients fill it in: a small state machine, without the password check itself.

A flow belongs to the address that began it, lives ten minutes and ends with an authorization code. Steps of a second
factor would be further states of the table.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar

from linli.auth.address import network_key
from linli.auth.errors import InvalidAuth, LoginBlocked
from linli.auth.indieauth import is_client_id, is_redirect
from linli.auth.secret import Kind, new_secret
from linli.clock import Clock
from linli.errors import InvalidRequest, NotFound

GOOD_FOR_S: Final = 600.0
MOST: Final = 1000
MOST_PER_ADDRESS: Final = 20
PROVIDER: Final = ("homeassistant", None)
"""The one kind of log-in, by the name that Home Assistant's clients know."""

W = TypeVar("W")
"""Who has logged in, as whoever checks the password says it."""
LogIn = Callable[[str, str, str], Awaitable[W]]
"""``log_in(username, password, address)``; raises InvalidAuth, LoginBlocked, TooManyAttempts, Busy …"""


class State(StrEnum):
    """Where a flow stands."""

    ASKING = "asking"
    REFUSED = "refused"
    """Asking again, with the error."""
    DONE = "done"
    ENDED = "ended"


class Event(StrEnum):
    """What happens to a flow."""

    RIGHT = "right"
    WRONG = "wrong"
    GIVEN_UP = "given_up"
    TOO_LATE = "too_late"


NEXT: Final[Mapping[tuple[State, Event], State]] = {
    (State.ASKING, Event.RIGHT): State.DONE,
    (State.ASKING, Event.WRONG): State.REFUSED,
    (State.ASKING, Event.GIVEN_UP): State.ENDED,
    (State.ASKING, Event.TOO_LATE): State.ENDED,
    (State.REFUSED, Event.RIGHT): State.DONE,
    (State.REFUSED, Event.WRONG): State.REFUSED,
    (State.REFUSED, Event.GIVEN_UP): State.ENDED,
    (State.REFUSED, Event.TOO_LATE): State.ENDED,
}
"""What is not here does not happen: nothing leads out of DONE and ENDED."""
OVER: Final = frozenset({State.DONE, State.ENDED})


@dataclass(slots=True)
class Flow:
    """One log-in in progress."""

    id: str
    client_id: str
    redirect_uri: str
    address: str
    ends: float
    network: str
    """Under which the flows of one address are counted."""
    state: State = State.ASKING

    def step(self, event: Event) -> None:
        self.state = NEXT[self.state, event]

    def form(self) -> dict[str, Any]:
        """The form as clients expect it."""
        errors = {"base": "invalid_auth"} if self.state is State.REFUSED else {}
        return {
            "type": "form",
            "flow_id": self.id,
            "handler": list(PROVIDER),
            "data_schema": [
                {"type": "string", "name": "username", "required": True},
                {"type": "string", "name": "password", "required": True},
            ],
            "errors": errors,
            "description_placeholders": None,
            "last_step": None,
            "preview": None,
            "step_id": "init",
        }

    def entry(self, code: str) -> dict[str, Any]:
        """The end: an authorization code."""
        return {
            "type": "create_entry",
            "flow_id": self.id,
            "handler": list(PROVIDER),
            "description": None,
            "description_placeholders": None,
            "result": code,
        }


class LoginFlows:
    """The flows in progress: at most :data:`MOST_PER_ADDRESS` of one address and :data:`MOST` in all; the oldest are
    given up first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._flows: OrderedDict[str, Flow] = OrderedDict()

    def start(
        self, client_id: str, redirect_uri: str, address: str, handler: tuple[str, str | None] = PROVIDER
    ) -> dict[str, Any]:
        """A new flow's form; raises InvalidRequest (client id), NotFound (handler)."""
        if not is_client_id(client_id):
            raise InvalidRequest("Invalid client id", path=("client_id",))
        if handler != PROVIDER:
            raise NotFound("Invalid handler specified")
        network = network_key(address)
        self._make_room(network)
        ends = self._clock.monotonic() + GOOD_FOR_S
        flow = Flow(new_secret(Kind.FLOW), client_id, redirect_uri, address, ends, network)
        self._flows[flow.id] = flow
        return flow.form()

    async def advance(
        self, flow_id: str, client_id: str, data: Mapping[str, Any], address: str, log_in: LogIn[W],
        issue_code: Callable[[str, W], str],
    ) -> dict[str, Any]:  # fmt: skip
        """What the filled-in form leads to: the form again with an error, or the entry with its code.

        Raises NotFound (no such flow), InvalidRequest (address changed, malformed), LoginBlocked (also for a redirect
        that is not the client's own), TooManyAttempts, AddressBanned, Busy, LoginsClosed; the flow then stays.
        """
        if not is_client_id(client_id):
            raise InvalidRequest("Invalid client id", path=("client_id",))
        flow = self._flows.get(flow_id)
        if flow is None or flow.ends <= self._clock.monotonic():
            self._end(flow, Event.TOO_LATE)
            raise NotFound("Invalid flow specified")
        if flow.address != address:
            raise InvalidRequest("IP address changed")
        username, password = data.get("username"), data.get("password")
        if not isinstance(username, str) or not isinstance(password, str) or set(data) != {"username", "password"}:
            raise InvalidRequest("User input malformed")
        try:
            user = await log_in(username, password, address)
        except InvalidAuth:
            if flow.state not in OVER:
                flow.step(Event.WRONG)
            return flow.form()
        if flow.state in OVER or flow.client_id != client_id:
            raise NotFound("Invalid flow specified")
        if not is_redirect(client_id, flow.redirect_uri):
            raise LoginBlocked("Invalid redirect URI", "auth.redirect")
        self._end(flow, Event.RIGHT)
        return flow.entry(issue_code(client_id, user))

    def give_up(self, flow_id: str) -> None:
        """Forget a flow; raises NotFound."""
        flow = self._flows.get(flow_id)
        if flow is None:
            raise NotFound("Invalid flow specified")
        self._end(flow, Event.GIVEN_UP)

    def __len__(self) -> int:
        return len(self._flows)

    def _make_room(self, network: str) -> None:
        now = self._clock.monotonic()
        for flow in [flow for flow in self._flows.values() if flow.ends <= now]:
            self._end(flow, Event.TOO_LATE)
        same = [flow for flow in self._flows.values() if flow.network == network]
        for flow in same[: max(0, len(same) - MOST_PER_ADDRESS + 1)]:
            self._end(flow, Event.GIVEN_UP)
        while len(self._flows) >= MOST:
            self._end(next(iter(self._flows.values())), Event.GIVEN_UP)

    def _end(self, flow: Flow | None, event: Event) -> None:
        if flow is not None:
            flow.step(event)
            self._flows.pop(flow.id, None)
