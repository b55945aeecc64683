"""Runs inside a real Home Assistant (as a custom component): services to call, and the player of the cases.

It imports nothing of linli, and nothing of linli imports it; ``record.py`` copies it into a temporary configuration.
"""

import asyncio
import json
from pathlib import Path

import aiohttp
import voluptuous as vol
from homeassistant.const import EVENT_CALL_SERVICE, EVENT_HOMEASSISTANT_STARTED, MATCH_ALL
from homeassistant.core import Context, HomeAssistant, ServiceCall, SupportsResponse, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

DOMAIN = "probe"
CONFIG_SCHEMA = vol.Schema({}, extra=vol.ALLOW_EXTRA)
SETTLE_S = 0.15


async def async_setup(hass: HomeAssistant, config: dict) -> bool:
    def note(call: ServiceCall) -> dict | None:
        return {"answer": call.data.get("answer", 42)} if call.return_response else None

    def fail(call: ServiceCall) -> None:
        raise HomeAssistantError("it cannot be done")

    def invalid(call: ServiceCall) -> None:
        raise ServiceValidationError("that makes no sense")

    anything = vol.Schema({}, extra=vol.ALLOW_EXTRA)
    hass.services.async_register(DOMAIN, "note", note, anything, SupportsResponse.OPTIONAL)
    hass.services.async_register(DOMAIN, "fail", fail, anything)
    hass.services.async_register(DOMAIN, "invalid", invalid, anything)
    hass.services.async_register(DOMAIN, "boom", lambda call: 1 / 0, anything)
    hass.services.async_register(DOMAIN, "strict", note, vol.Schema({vol.Required("n"): int}))
    hass.bus.async_listen_once(
        EVENT_HOMEASSISTANT_STARTED, lambda event: asyncio.run_coroutine_threadsafe(play_all(hass), hass.loop)
    )
    return True


async def play_all(hass: HomeAssistant) -> None:
    folder = Path(hass.config.config_dir)
    cases = json.loads((folder / "cases.json").read_text())
    await asyncio.sleep(1)
    player = Player(hass)
    hass.bus.async_listen(MATCH_ALL, player.heard)
    found = {case["name"]: await player.play(case) for case in cases}
    (folder / "played.json").write_text(json.dumps(found, default=str))
    await hass.async_stop()


class Player:
    def __init__(self, hass: HomeAssistant) -> None:
        self.hass = hass
        self.log: list = []
        self.own: set[str] = set()
        self.slug = ""
        self.calling = ""

    def _is_mine(self, event) -> bool:
        """The call that a step of the case makes itself; what follows from it bears the same context."""
        if event.event_type != EVENT_CALL_SERVICE:
            return True
        return f"{event.data['domain']}.{event.data['service']}" == self.calling

    @callback
    def heard(self, event) -> None:
        if event.context.id in self.own and self._is_mine(event):
            return
        if event.event_type == EVENT_CALL_SERVICE:
            data = event.data
            self.log.append(["call", f"{data['domain']}.{data['service']}", data["service_data"]])
        elif event.event_type.startswith(f"{self.slug}_out"):
            self.log.append(["event", event.event_type, dict(event.data)])

    def context(self) -> Context:
        context = Context()
        self.own.add(context.id)
        return context

    async def play(self, case: dict) -> list:
        self.slug = case["slug"]
        for entity_id, state in case["states"].items():
            self.set(entity_id, state)
        await asyncio.sleep(SETTLE_S)
        self.log = []
        for step in case["steps"]:
            await self.step(step)
            await asyncio.sleep(SETTLE_S)
        log = json.loads(json.dumps(self.log, default=str))
        await asyncio.sleep(SETTLE_S)
        return log

    def set(self, entity_id: str, state) -> None:
        attributes = {key: value for key, value in state.items() if key != "state"} if isinstance(state, dict) else {}
        text = state["state"] if isinstance(state, dict) else state
        self.hass.states.async_set(entity_id, text, attributes, context=self.context())

    async def step(self, step: dict) -> None:
        if "set" in step:
            for entity_id, state in step["set"].items():
                self.set(entity_id, state)
        elif "fire" in step:
            self.hass.bus.async_fire(step["fire"], step.get("data", {}), context=self.context())
        elif "wait" in step:
            await asyncio.sleep(step["wait"])
        elif "mark" in step:
            self.log.append(["mark", step["mark"]])
        elif "request" in step:
            await self.request(step)
        elif "look" in step:
            state = self.hass.states.get(step["look"])
            kept = {key: state.attributes[key] for key in ("current", "mode", "max") if key in state.attributes}
            ran = state.attributes.get("last_triggered") is not None
            self.log.append(["look", step["look"], {"state": state.state, "ran": ran, **kept}])
        elif "call" in step:
            self.calling = step["call"]
            domain, _, service = step["call"].partition(".")
            try:
                await self.hass.services.async_call(
                    domain, service, step.get("data", {}), blocking=True, context=self.context()
                )
            except Exception as error:  # noqa: BLE001 - whatever a service raises is what is to be known
                self.log.append(["refused", type(error).__name__])

    async def request(self, step: dict) -> None:
        """A call of a webhook; only an answer that is not 200 is noted."""
        url = f"http://127.0.0.1:{self.hass.http.server_port}/api/webhook/{step['request']}"
        headers = {"Content-Type": step["type"]} if "type" in step else None
        body = {"json": step.get("json"), "data": step.get("form", step.get("body"))}
        async with aiohttp.ClientSession() as session:
            method = step.get("method", "POST")
            async with session.request(
                method, url, headers=headers, **{k: v for k, v in body.items() if v is not None}
            ) as answer:
                if answer.status != 200:
                    self.log.append(["answer", answer.status])
