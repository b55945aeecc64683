"""``homeassistant.turn_on`` and its kind: whatever can be turned on, by whichever domain it belongs to."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import voluptuous as vol

from linli import PluginContext, ServiceAccess, ServiceCall
from linli import schema as sv

DOMAIN: Final = "homeassistant"
SWITCHING: Final = ("turn_on", "turn_off", "toggle")
ANY_ENTITY: Final[Mapping[str, Any]] = {"entity": [{}]}


class Generic:
    """The handlers."""

    def __init__(self, ctx: PluginContext) -> None:
        self._ctx = ctx

    def register(self) -> None:
        """Offer them."""
        offer = self._ctx.services.register
        for name in SWITCHING:
            offer(
                DOMAIN, name, self.hand_on, schema={vol.Extra: object}, access=ServiceAccess.ANYONE, target=ANY_ENTITY
            )  # fmt: skip
        offer(
            DOMAIN, "update_entity", self.update, schema={vol.Required("entity_id"): sv.ensure_list(sv.string)},
            access=ServiceAccess.ANYONE,
        )  # fmt: skip

    async def hand_on(self, call: ServiceCall) -> None:
        """Call the service of that name in every domain that is meant and has one; the first failure is raised."""
        calls = {
            domain: self._ctx.services.call(domain, call.service, call.data, target=target, context=call.context)
            for domain, target in self._by_domain(call)
            if self._ctx.services.has(domain, call.service)
        }
        for outcome in (await self._ctx.together(calls)).values():
            if isinstance(outcome, BaseException):
                raise outcome

    def update(self, call: ServiceCall) -> None:
        """Have polled entities read anew; those that the caller may not control are passed over."""
        for entity_id in call.data["entity_id"]:
            if call.view.controls(entity_id):
                self._ctx.entities.poll_soon(entity_id)

    def _by_domain(self, call: ServiceCall) -> Iterable[tuple[str, dict[str, Any]]]:
        target = call.target
        broad = {
            key: list(ids)
            for key, ids in (
                ("device_id", target.device_ids),
                ("area_id", target.area_ids),
                ("floor_id", target.floor_ids),
                ("label_id", target.label_ids),
            )
            if ids
        }
        named: dict[str, list[str]] = {}
        for entity_id in target.entity_ids:
            named.setdefault(entity_id.partition(".")[0], []).append(entity_id)
        domains = self._present() if broad or target.everything else set(named)
        for domain in sorted(domains - {DOMAIN}):
            entities: Any = "all" if target.everything else named.get(domain, [])
            yield domain, broad | ({"entity_id": entities} if entities else {})

    def _present(self) -> set[str]:
        return {state.entity_id.partition(".")[0] for state in self._ctx.states.all()}
