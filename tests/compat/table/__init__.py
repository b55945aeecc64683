"""The table: what is asked of a Home Assistant and of linli alike. One module per group, one golden file per module."""

from compat.harness.steps import Case

from . import (
    past_history,
    past_logbook,
    past_statistics,
    rest_auth,
    rest_other,
    rest_states,
    ws_blueprints,
    ws_entities,
    ws_entries,
    ws_events,
    ws_frontend,
    ws_helper_kinds,
    ws_helpers,
    ws_people,
    ws_registries,
    ws_rights,
    ws_services,
    ws_session,
    ws_templates,
)

_MODULES = (
    ws_blueprints, rest_states, rest_other, rest_auth, ws_session, ws_events, ws_services, ws_templates, ws_registries,
    ws_entities, ws_entries, ws_people, ws_frontend, ws_helper_kinds, ws_helpers, ws_rights,
    past_history, past_logbook, past_statistics,
)  # fmt: skip

GROUPS: dict[str, tuple[Case, ...]] = {module.__name__.rpartition(".")[2]: module.CASES for module in _MODULES}
PAST: frozenset[str] = frozenset(group for group in GROUPS if group.startswith("past_"))
"""Those that are asked of hubs that remember: with recorder, history and logbook."""
