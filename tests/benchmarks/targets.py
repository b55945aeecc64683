"""What linli is held to: each row one figure, beside the same figure of Home Assistant and of the bare limit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Figures = Mapping[str, Mapping[str, Any]]  # figures of one hub: case, then name, then number
HUBS = ("linli", "home_assistant", "limit")


@dataclass(frozen=True, slots=True)
class Target:
    """One row. At least one of the four bounds; a row without any is for information."""

    what: str
    case: str
    figure: str
    unit: str
    to_home_assistant: float | None = None  # at most this multiple of Home Assistant's figure
    to_limit: float | None = None  # at most this multiple of the limit's figure
    at_most: float | None = None  # at most this, in the unit of the figure
    times_home_assistant: float | None = None  # at least this multiple of Home Assistant's figure


TARGETS = (
    Target("state change, one listener, 1 000 entities, by id", "inprocess_1000", "by_id_us", "µs", 1 / 5),
    Target("state change, one listener, 100 000 entities, by id", "inprocess_100000", "by_id_us", "µs", 1 / 5),
    Target("the same by handle, 1 000 entities", "inprocess_1000", "by_handle_us", "µs"),
    Target("the same by handle, 100 000 entities", "inprocess_100000", "by_handle_us", "µs"),
    Target("100 000 entities against 1 000, by handle", "inprocess_flat", "by_handle_ratio", "×", at_most=1.5),
    Target("100 000 entities against 1 000, by id", "inprocess_flat", "by_id_ratio", "×", at_most=1.5),
    Target("cold start to a served API", "cold", "api_ready_s", "s", 1 / 2),
    Target("memory with 10 000 entities", "cold", "rss_10000_entities_mb", "MB", 0.6),  # docs/decisions/0005-memory.md
    Target("idle", "cold", "idle_cpu_percent", "% CPU"),
    Target("POST /api/states, 1 connection, p50", "rest_set", "seq_p50_ms", "ms"),
    Target("POST /api/states, 16 connections", "rest_set", "c16_cpu_us_per_op", "µs CPU"),
    Target("the same without a recorder", "rest_set_alone", "c16_cpu_us_per_op", "µs CPU", to_limit=1.35),
    Target("POST /api/states, 16 connections", "rest_set", "c16_per_s", "/s"),
    Target("WebSocket service call, round trip p50", "ws_call", "rtt_p50_ms", "ms"),
    Target("WebSocket service calls, pipelined", "ws_call", "pipelined_cpu_us_per_op", "µs CPU", 1 / 5),
    Target("ping p99 while 500 states/s are written", "under_write", "paced500_p99_ms", "ms"),
    Target("ping p99 while states are written flat out", "under_write", "flood_p99_ms", "ms", at_most=10),
    Target("ping p99 while three users ask for all they may", "heavy_users", "ping_p99_ms", "ms", at_most=50),
    Target("100 subscribers, 50 changes/s, p99", "fanout", "paced50_p99_ms", "ms"),
    Target("100 subscribers, flat out", "fanout", "flood_cpu_us_per_delivery", "µs CPU"),
    Target("the same without a recorder", "fanout_alone", "flood_cpu_us_per_delivery", "µs CPU", to_limit=0.6),
    Target("100 subscribers, flat out, lost", "fanout", "flood_lost", "", at_most=0),
    Target("100 residents of different rights, flat out", "residents", "flood_cpu_us_per_delivery", "µs CPU"),
    Target("the same against one administrator's", "residents", "to_administrator_ratio", "×", at_most=1.5),
    Target("100 residents of different rights, lost", "residents", "flood_lost", "", at_most=0),
    Target("event → rule → event, p50", "automation_event", "seq_p50_ms", "ms"),
    Target("event → rule → event, p99", "automation_event", "seq_p99_ms", "ms", 1 / 2),
    Target("event → rule → event, flat out", "automation_event", "flood_cpu_us_per_op", "µs CPU", 1 / 4),
    Target("event → rule → event, lost", "automation_event", "flood_lost", "", at_most=0),
    Target("state → rule → service → state, p50", "automation_state", "seq_p50_ms", "ms"),
    Target("state → rule → service → state, p99", "automation_state", "seq_p99_ms", "ms", 1 / 2),
    Target("state → rule → service → state, flat out", "automation_state", "flood_cpu_us_per_op", "µs CPU", 1 / 4),
    Target("state → rule → service → state, lost", "automation_state", "flood_lost", "", at_most=0),
    Target("a change that none of 1 000 rules watches, more than without", "rules_idle", "more_us", "µs", at_most=0.1),
    Target("rows durable through the API", "recorder", "durable_per_s", "/s", times_home_assistant=5.0),
    Target("the same, behind after the last", "recorder", "lag_after_last_post_s", "s", at_most=1.0),
    Target("the same", "recorder", "cpu_us_per_row", "µs CPU"),
    Target("10 000 rows of history, REST", "history", "rest_full_ms", "ms", 1 / 4),
    Target("10 000 rows of history, REST, minimal", "history", "rest_minimal_ms", "ms", 1 / 3),
    Target("10 000 rows of history, WebSocket, minimal", "history", "ws_minimal_ms", "ms", to_limit=1.3),
    Target("10 000 states: get_states", "entities", "ws_get_states_ms", "ms", 1.0),
    Target("10 000 states: subscribe_entities", "entities", "subscribe_entities_ms", "ms", 1.0),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A row with its figures: ``kept`` is None where something to judge by is missing."""

    target: Target
    figures: Mapping[str, float | None]
    kept: bool | None
    missing: tuple[str, ...]

    def ratio(self, hub: str) -> float | None:
        """Our figure as a multiple of another hub's."""
        mine, theirs = self.figures["linli"], self.figures[hub]
        return mine / theirs if mine is not None and theirs else None


def judged(target: Target, hubs: Mapping[str, Figures]) -> Verdict:
    """Hold one row against its bounds."""
    figures = {hub: hubs.get(hub, {}).get(target.case, {}).get(target.figure) for hub in HUBS}
    bounds = {"home_assistant": target.to_home_assistant, "limit": target.to_limit}
    at_least = target.times_home_assistant
    needed = [hub for hub, bound in bounds.items() if bound is not None]
    if at_least is not None:
        needed.append("home_assistant")
    is_judged = bool(needed) or target.at_most is not None
    missing = tuple(hub for hub in ("linli", *needed) if figures[hub] is None) if is_judged else ()
    verdict = Verdict(target, figures, None, missing)
    if missing or not is_judged:
        return verdict
    ratios = [(verdict.ratio(hub), bound) for hub, bound in bounds.items() if bound is not None]
    mine = figures["linli"]
    kept = all(ratio is not None and ratio <= bound for ratio, bound in ratios)
    ahead = verdict.ratio("home_assistant")
    kept = kept and (at_least is None or (ahead is not None and ahead >= at_least))
    kept = kept and (target.at_most is None or (mine is not None and mine <= target.at_most))
    return Verdict(target, figures, kept, ())
