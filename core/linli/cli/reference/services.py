"""Every service that can be called, with its fields."""

from typing import Final

from linli.cli.reference.fields import NOT_GIVEN, Field, fields_of
from linli.cli.reference.markdown import code, literal, page, prose, table
from linli.cli.reference.world import World
from linli.services import Service, ServiceAccess, SupportsResponse
from linli.translations import CHINESE, ENGLISH, Translator

_RESPONSE: Final = {
    SupportsResponse.NONE: "",
    SupportsResponse.OPTIONAL: "Answers with data when asked for them (`return_response`).",
    SupportsResponse.ONLY: "Only answers with data (`return_response` must be set).",
}
_ACCESS: Final = {
    ServiceAccess.ANYONE: "",
    ServiceAccess.CALLERS: "For roles that may call services.",
    ServiceAccess.ADMINS: "For administrators.",
    ServiceAccess.OWNERS: "For the owners of the hub.",
}


def services_page(world: World) -> str:
    """By domain and name; what people read of them is in both languages."""
    parts = []
    for domain, services in sorted(world.rooms.services.all().items()):
        parts.append(f"## {domain}")
        for _, service in sorted(services.items()):
            parts += _service(service, world.rooms.translator)
    return page("Services", _INTRODUCTION, *parts)


_INTRODUCTION: Final = (
    "What `ctx.services.call`, `call_service`, `POST /api/services/…` and a screen's switches run. A service that acts "
    "on entities takes a target: `entity_id`, `device_id`, `area_id`, `floor_id` or `label_id`; locks, panels, doors "
    "and sirens are reached by the first two only. Each entity is checked against the rights of whoever calls."
)


def _service(service: Service, translator: Translator) -> list[str]:
    base = f"services.{service.domain}.{service.name}"

    def words(key: str, language: str) -> str:
        return translator.find(service.owner, f"{base}.{key}", language) or ""

    names = " · ".join(dict.fromkeys(filter(None, (words("name", ENGLISH), words("name", CHINESE)))))
    facts = [words("description", ENGLISH), _target(service), _RESPONSE[service.response], _ACCESS[service.access]]
    rows = (
        (
            code(field.path),
            words(f"fields.{field.path}.name", CHINESE),
            prose(words(f"fields.{field.path}.description", ENGLISH) or field.description),
            field.takes,
            field.required,
            _default(field),
        )
        for field in fields_of(service.schema)
    )
    return [
        f"### {service.full_name}",
        f"**{names}** {' '.join(fact for fact in facts if fact)} Offered by {code(service.owner)}."
        if names
        else f"{' '.join(fact for fact in facts if fact)} Offered by {code(service.owner)}.",
        table(("field", "字段", "what it is", "takes", "required", "default"), rows),
    ]


def _default(field: Field) -> str:
    return "" if field.default is NOT_GIVEN else literal(field.default)


def _target(service: Service) -> str:
    """What it can be aimed at, from its selector (``{"entity": [{"domain": ["light"]}]}``)."""
    if service.target is None:
        return ""
    chosen = service.target.get("entity") or []
    domains = [name for choice in chosen for name in choice.get("domain", ())]
    return f"Acts on entities of {', '.join(map(code, domains))}." if domains else "Acts on entities."
