"""Services: who may call what, with which data and response, and who pays when one fails."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import voluptuous as vol

from core.readers import Reader
from linli.bus import Event, EventBus
from linli.clock import SimulatedClock
from linli.context import Context
from linli.errors import Forbidden, HandlerFailed, InvalidRequest, NotSupported, RequestError
from linli.ids import PluginDomain, UserId
from linli.ledger import Ledger
from linli.services import (
    CALL_SERVICE,
    Handler,
    Service,
    ServiceAccess,
    ServiceCall,
    ServiceNotFound,
    ServiceRegistry,
    SupportsResponse,
)

LIFT = PluginDomain("lift")
READERS = {
    None: Reader(),
    "anna": Reader(),
    "cem": Reader(),
    "bo": Reader(permissions=frozenset({"services.call"})),
    "guest": Reader(permissions=frozenset()),
}


@pytest.fixture
def services(bus: EventBus, clock: SimulatedClock, ledger: Ledger) -> ServiceRegistry:
    """Anna owns the hub, Cem is an administrator beside her."""
    return ServiceRegistry(
        bus, clock, ledger, lambda context: READERS[context.user_id].view, lambda context: context.user_id != "cem"
    )


@pytest.fixture
def calls() -> list[ServiceCall]:
    return []


Offer = Callable[..., Callable[[], None]]


@pytest.fixture
def offer(services: ServiceRegistry, calls: list[ServiceCall]) -> Offer:
    def offer(handler: Handler | None = None, name: str = "call", **options: Any) -> Callable[[], None]:
        def note(call: ServiceCall) -> Mapping[str, Any] | None:
            calls.append(call)
            return None

        service: dict[str, Any] = {
            "schema": vol.Schema({vol.Optional("floor", default=0): vol.Coerce(int), vol.Optional("pin"): str}),
            "response": SupportsResponse.NONE, "access": ServiceAccess.CALLERS, "target": None, "within": 5.0,
        }  # fmt: skip
        return services.register(Service("lift", name, LIFT, handler or note, **{**service, **options}))

    return offer


async def test_a_call_reaches_its_handler_validated_with_cause_and_rights(
    services: ServiceRegistry, offer: Offer, calls: list[ServiceCall]
) -> None:
    offer()
    cause = Context(UserId("bo"))
    assert await services.call("LIFT", "Call", {"floor": "3"}, context=cause) is None
    (call,) = calls
    assert (call.domain, call.service, call.data, call.context, call.view) == (
        "lift", "call", {"floor": 3}, cause, READERS["bo"],
    )  # fmt: skip


async def test_what_is_not_there_is_named(services: ServiceRegistry, offer: Offer) -> None:
    withdraw = offer()
    withdraw()
    withdraw()
    with pytest.raises(ServiceNotFound) as caught:
        await services.call("lift", "call")
    assert caught.value.parameters == {"domain": "lift", "service": "call"}
    assert services.all() == {}


async def test_the_first_owner_of_a_name_keeps_it(services: ServiceRegistry, offer: Offer) -> None:
    offer()
    with pytest.raises(InvalidRequest, match=r"lift\.call is already registered by lift"):
        offer()
    assert list(services.all()["lift"]) == ["call"]


@pytest.mark.parametrize(
    ("access", "allowed"),
    [
        (ServiceAccess.ANYONE, {"anna", "cem", "bo", "guest"}),
        (ServiceAccess.CALLERS, {"anna", "cem", "bo"}),
        (ServiceAccess.ADMINS, {"anna", "cem"}),
        (ServiceAccess.OWNERS, {"anna"}),
    ],
)
async def test_only_those_who_may_call_are_heard(
    services: ServiceRegistry, offer: Offer, calls: list[ServiceCall], access: ServiceAccess, allowed: set[str]
) -> None:
    offer(access=access)
    for user in ("anna", "cem", "bo", "guest"):
        if user in allowed:
            await services.call("lift", "call", context=Context(UserId(user)))
        else:
            with pytest.raises(Forbidden):
                await services.call("lift", "call", context=Context(UserId(user)))
    assert {call.context.user_id for call in calls} == allowed


@pytest.mark.parametrize(("data", "path"), [({"floor": "attic"}, ("floor",)), ({"flor": 1}, ("flor",))])
async def test_data_of_the_wrong_shape_is_refused_with_its_path_and_nobody_hears_of_it(
    services: ServiceRegistry, bus: EventBus, offer: Offer, data: dict[str, Any], path: tuple[str, ...]
) -> None:
    heard: list[Event[Any]] = []
    bus.listen(CALL_SERVICE, heard.append)
    offer()
    with pytest.raises(InvalidRequest) as caught:
        await services.call("lift", "call", data)
    assert caught.value.path == path
    assert heard == []


async def test_a_call_is_told_before_it_runs_without_its_secrets(
    services: ServiceRegistry, bus: EventBus, offer: Offer, calls: list[ServiceCall]
) -> None:
    heard: list[tuple[Event[Any], int]] = []
    bus.listen(CALL_SERVICE, lambda event: heard.append((event, len(calls))))
    offer(target={"entity": [{}]})
    await services.call("lift", "call", {"pin": "1234"}, target={"entity_id": "light.a"})
    (event, calls_before) = heard[0]
    assert event.data["service_data"] == {"pin": "**", "entity_id": ["light.a"]}
    assert calls_before == 0
    assert (calls[0].data, calls[0].target.entity_ids) == ({"floor": 0, "pin": "1234"}, ("light.a",))


@pytest.mark.parametrize(
    ("key", "hidden"),
    [
        ("code", True), ("new_code", True), ("user-code", True), ("userCode", True), ("newPassword", True),
        ("API_KEY", True), ("refresh_token", True), ("client_secret", True), ("wifi_pin", True),
        ("barcode", False), ("spinning", False), ("code_format", False), ("tokens_left", False), (7, False),
    ],
)  # fmt: skip
async def test_what_is_secret_is_hidden_at_whatever_depth(
    services: ServiceRegistry, bus: EventBus, offer: Offer, calls: list[ServiceCall], key: object, hidden: bool
) -> None:
    heard: list[Event[Any]] = []
    bus.listen(CALL_SERVICE, heard.append)
    offer(schema=None)
    data = {"variables": {"who": "li", "list": [{key: ["1234"]}, ({key: "5678"},)]}}
    await services.call("lift", "call", data)
    assert ("1234" in str(heard[0].data), "5678" in str(heard[0].data)) == (not hidden, not hidden)
    assert heard[0].data["service_data"]["variables"]["who"] == "li"
    assert calls[0].data == data


async def test_what_is_nested_too_deep_is_not_shown_and_hurts_nobody(
    services: ServiceRegistry, bus: EventBus, offer: Offer
) -> None:
    heard: list[Event[Any]] = []
    bus.listen(CALL_SERVICE, heard.append)
    offer(schema=None)
    deep: Any = "bottom"
    for _ in range(5000):
        deep = [deep]
    await services.call("lift", "call", {"deep": deep})
    assert "bottom" not in str(heard[0].data)


async def test_a_service_without_targets_takes_target_keys_as_data(services: ServiceRegistry, offer: Offer) -> None:
    offer()
    with pytest.raises(InvalidRequest, match="extra keys"):
        await services.call("lift", "call", target={"entity_id": "light.a"})


@pytest.mark.parametrize(
    ("response", "wanted", "outcome"),
    [
        (SupportsResponse.NONE, False, None),
        (SupportsResponse.NONE, True, "service_does_not_support_response"),
        (SupportsResponse.OPTIONAL, False, None),
        (SupportsResponse.OPTIONAL, True, {"floor": 3}),
        (SupportsResponse.ONLY, False, "service_lacks_response_request"),
        (SupportsResponse.ONLY, True, {"floor": 3}),
    ],
)
async def test_a_response_comes_only_where_it_is_offered_and_asked_for(
    services: ServiceRegistry, offer: Offer, response: SupportsResponse, wanted: bool, outcome: Any
) -> None:
    offer(lambda call: {"floor": 3}, response=response)
    if isinstance(outcome, str):
        with pytest.raises(NotSupported) as caught:
            await services.call("lift", "call", return_response=wanted)
        assert caught.value.key == outcome
    else:
        assert await services.call("lift", "call", return_response=wanted) == outcome


async def test_a_response_that_was_asked_for_and_is_nothing_is_empty(services: ServiceRegistry, offer: Offer) -> None:
    offer(response=SupportsResponse.OPTIONAL)
    assert await services.call("lift", "call", return_response=True) == {}


async def raise_own_timeout(call: ServiceCall) -> None:
    raise TimeoutError("the lift's own")


async def await_something_cancelled(call: ServiceCall) -> None:
    future = asyncio.get_running_loop().create_future()
    future.cancel()
    await future


@pytest.mark.parametrize(
    "handler",
    [lambda call: 1 / 0, raise_own_timeout, await_something_cancelled],
    ids=["error", "time-out", "cancelled"],
)
async def test_a_handlers_own_failure_is_charged_to_its_plugin(
    services: ServiceRegistry, ledger: Ledger, offer: Offer, handler: Handler
) -> None:
    offer(handler)
    with pytest.raises(HandlerFailed, match=r"lift\.call failed"):
        await services.call("lift", "call")
    assert ledger.account(LIFT).counts == {"error": 1}


async def test_a_handler_that_hangs_ends_at_its_deadline_and_is_charged(
    services: ServiceRegistry, ledger: Ledger, clock: SimulatedClock, offer: Offer
) -> None:
    async def hang(call: ServiceCall) -> None:
        await asyncio.Event().wait()

    offer(hang)
    task = asyncio.create_task(services.call("lift", "call"))
    await clock.forward(5)
    with pytest.raises(HandlerFailed, match="did not end within"):
        await task
    assert ledger.account(LIFT).counts == {"timeout": 1}


async def test_what_a_handler_refuses_is_the_callers_to_hear_and_costs_it_nothing(
    services: ServiceRegistry, ledger: Ledger, offer: Offer
) -> None:
    def refuse(call: ServiceCall) -> None:
        raise RequestError("the lift is being serviced")

    offer(refuse)
    with pytest.raises(RequestError, match="serviced"):
        await services.call("lift", "call")
    assert ledger.account(LIFT).counts == {}


async def test_a_caller_who_goes_takes_the_call_along(
    services: ServiceRegistry, ledger: Ledger, clock: SimulatedClock, offer: Offer
) -> None:
    ended: list[str] = []

    async def wait(call: ServiceCall) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("handler")

    offer(wait)
    task = asyncio.create_task(services.call("lift", "call"))
    await clock.settle()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == ["handler"]
    assert ledger.account(LIFT).counts == {}
