"""Plays the cases on linli: one whole hub with all their rules, on simulated time."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from compat.automation.cases import Case, cases, configuration, shown
from house import free_port
from linli.bus import Event
from linli.clock import SimulatedClock
from linli.context import Context
from linli.errors import LinliError
from linli.jsonbytes import dumps_anyway, loads
from linli.testing.hub import Deployment, running_hub

SETTLE_S = 0.15
PROBE = """
import voluptuous as vol
from linli import Capabilities, Manifest, NotSupported, SupportsResponse, hookimpl

MANIFEST = Manifest(domain="probe", layer="perception", capabilities=Capabilities())
CONFIG = vol.Schema({})
ANYTHING = {vol.Extra: object}

@hookimpl
def linli_setup_entry(ctx, entry):
    def note(call):
        return {"answer": call.data.get("answer", 42)} if call.return_response else None

    def fail(call):
        raise NotSupported("it cannot be done")

    offer = ctx.services.register
    offer("probe", "note", note, schema=ANYTHING, response=SupportsResponse.OPTIONAL)
    offer("probe", "fail", fail, schema=ANYTHING)
    offer("probe", "invalid", fail, schema=ANYTHING)
    offer("probe", "boom", lambda call: 1 / 0, schema=ANYTHING)
    offer("probe", "strict", note, schema={vol.Required("n"): int})
"""


def deployment(folder: Path, port: int) -> Deployment:
    """The same YAML; helpers stand in their own section here."""
    whole = configuration()
    place = {"latitude": 48.1, "longitude": 11.6, "time_zone": "Europe/Berlin", "country": "DE", "trusted": ["probe"]}
    helpers = {domain: whole.pop(domain) for domain in ("input_boolean", "input_number")}
    yaml_text = yaml.safe_dump(
        {
            "linli": place, "http": {"port": port}, "webhook": {}, "home": {}, "probe": {}, "helpers": helpers, **whole,
        },
        sort_keys=False, allow_unicode=True,
    )  # fmt: skip
    return Deployment(folder, yaml_text).drop_in("probe", PROBE)


class Player:
    """Does what the steps say, and notes what the rules did."""

    def __init__(self, rooms: Any, clock: SimulatedClock, url: str) -> None:
        self.rooms, self.clock, self.url = rooms, clock, url
        self.log: list[Any] = []
        self.own: set[str] = set()
        self.slug = ""
        self.calling = ""
        rooms.bus.listen("*", self.heard)

    def _is_mine(self, event: Event[Any]) -> bool:
        """The call that a step of the case makes itself; what follows from it bears the same context."""
        if event.event_type != "call_service":
            return True
        return f"{event.data['domain']}.{event.data['service']}" == self.calling

    def heard(self, event: Event[Any]) -> None:
        if event.context.id in self.own and self._is_mine(event):
            return
        if event.event_type == "call_service":
            data = event.data
            self.log.append(["call", f"{data['domain']}.{data['service']}", data["service_data"]])
        elif event.event_type.startswith(f"{self.slug}_out"):
            self.log.append(["event", event.event_type, event.data])

    def context(self) -> Context:
        context = Context()
        self.own.add(context.id)
        return context

    async def play(self, case: Case) -> Any:
        self.slug = case.slug
        for entity_id, state in case.states.items():
            self.set(entity_id, state)
        await self.clock.forward(seconds=SETTLE_S)
        self.log = []
        for step in case.steps:
            await self.step(step)
            await self.clock.forward(seconds=SETTLE_S)
        found = loads(dumps_anyway(self.log))
        await self.clock.forward(seconds=SETTLE_S)
        return found

    def set(self, entity_id: str, state: Any) -> None:
        attributes = {key: value for key, value in state.items() if key != "state"} if isinstance(state, dict) else {}
        text = state["state"] if isinstance(state, dict) else state
        self.rooms.states.set(entity_id, text, attributes, self.context())

    async def step(self, step: dict[str, Any]) -> None:
        if "set" in step:
            for entity_id, state in step["set"].items():
                self.set(entity_id, state)
        elif "fire" in step:
            self.rooms.bus.fire(step["fire"], step.get("data", {}), self.context())
        elif "wait" in step:
            await self.clock.forward(seconds=step["wait"])
        elif "mark" in step:
            self.log.append(["mark", step["mark"]])
        elif "request" in step:
            await self.request(step)
        elif "look" in step:
            state = self.rooms.states.get(step["look"])
            self.log.append(["look", step["look"], shown(state.state, state.attributes)])
        elif "call" in step:
            self.calling = step["call"]
            domain, _, service = step["call"].partition(".")
            try:
                await self.rooms.services.call(domain, service, step.get("data", {}), context=self.context())
            except LinliError as error:
                self.log.append(["refused", type(error).__name__])

    async def request(self, step: dict[str, Any]) -> None:
        """A call of a webhook; only an answer that is not 200 is noted."""
        headers = {"Content-Type": step["type"]} if "type" in step else None
        body = {"json": step.get("json"), "data": step.get("form", step.get("body"))}
        sent = {name: value for name, value in body.items() if value is not None}
        url = f"{self.url}/api/webhook/{step['request']}"
        async with (
            aiohttp.ClientSession() as session,
            session.request(step.get("method", "POST"), url, headers=headers, **sent) as answer,
        ):
            if answer.status != 200:
                self.log.append(["answer", answer.status])


async def play_all() -> dict[str, Any]:
    """What linli did, by case."""
    port = free_port()
    with tempfile.TemporaryDirectory() as temporary:
        clock = SimulatedClock()
        async with running_hub(deployment(Path(temporary), port), clock=clock) as hub:
            await clock.settle()
            player = Player(hub.rooms, clock, f"http://127.0.0.1:{port}")
            return {case.name: await player.play(case) for case in cases()}


def played() -> dict[str, Any]:
    """The same, for who has no loop."""
    return asyncio.run(play_all())
