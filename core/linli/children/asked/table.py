"""What a child may ask and post, by name: each is done through the plugin's own door, as if it had been called here.

Posts answer nothing. Commands answer at once where the child waits for them (offering a service), else when they are
done. The first argument is always in whose name it is asked.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from linli.children.asked import endpoints, entities, happening, keeping, plugins, telling
from linli.children.session import Asked

POSTS: Final[Mapping[str, Callable[..., None]]] = {
    "bus.fire": happening.fire,
    "states.set": happening.set_state,
    "states.doubt": happening.doubt,
    "entity.write": entities.write,
    "entity.unavailable": entities.unavailable,
    "entity.remember": entities.remember,
    "entity.poll_soon": entities.poll_soon,
    "entity.redescribe": entities.redescribe,
    "entities.poll_soon": entities.poll_any_soon,
    "commands.event": endpoints.send_event,
    "notifications.create": telling.create_notification,
    "notifications.dismiss": telling.dismiss_notification,
    "issues.raise": telling.raise_issue,
    "issues.clear": telling.clear_issue,
    "metrics.add": telling.add,
    "metrics.observe": telling.observe,
    "metrics.gauge_is": telling.gauge_is,
    "on_settings": keeping.on_settings,
    "refused": telling.refused,
    "undo": happening.undo,
}
COMMANDS: Final[Mapping[str, Callable[..., Any]]] = {
    "bus.listen": happening.listen,
    "services.register": happening.register_service,
    "services.register_entity": happening.register_entity_service,
    "services.call": happening.call_service,
    "entities.add": entities.add_entity,
    "entities.device": entities.add_device,
    "entities.picture": entities.picture,
    "entity.remove": entities.remove,
    "routes.add": endpoints.add_route,
    "commands.add": endpoints.add_command,
    "commands.subscribe": endpoints.subscribe,
    "hooks.gather": plugins.gather,
    "hooks.first": plugins.first,
    "apis.call": plugins.call_api,
    "apis.provider": plugins.api_provider,
    "apis.provide": plugins.provide_api,
    "documents.load": keeping.load_documents,
    "documents.put": keeping.put_document,
    "documents.delete": keeping.delete_document,
    "journal.record": keeping.record,
    "templates.render": keeping.render,
    "templates.read": keeping.read_template,
    "templates.check": keeping.check_template,
    "keep_file": keeping.keep_file,
    "renew": keeping.renew,
    "metrics.counter": telling.counter,
    "metrics.histogram": telling.histogram,
    "metrics.gauge": telling.gauge,
}
ASKED: Final = Asked(POSTS, COMMANDS)
