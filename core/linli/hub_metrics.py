"""What the hub measures of itself: its loop, its plugins, its states and events."""

from collections import deque
from typing import Final

from linli.bus import EventBus
from linli.clock import Clock, Timer
from linli.ledger import Ledger
from linli.metrics import Metrics, Series
from linli.pool import BlockingPool
from linli.states import StateStore

SAMPLE_EVERY_S: Final = 1.0
RECENT_SAMPLES: Final = 60


class LoopLag:
    """How late the event loop runs what is due, sampled once a second: the first sign of work that holds it."""

    def __init__(self, clock: Clock, metrics: Metrics) -> None:
        self._clock = clock
        self._histogram = metrics.histogram("linli_loop_lag_seconds", "How late the event loop ran a timer")
        self._recent: deque[float] = deque(maxlen=RECENT_SAMPLES)
        self._timer: Timer | None = None
        metrics.gauge("linli_loop_lag_recent_max_seconds", "The worst loop lag of the last minute", lambda: self.worst)

    @property
    def worst(self) -> float:
        """The worst of the last minute, in seconds."""
        return max(self._recent, default=0.0)

    def start(self) -> None:
        """Begin to sample, on the running loop."""
        self._timer = self._clock.call_later(SAMPLE_EVERY_S, self._sample)

    def stop(self) -> None:
        """Sample no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _sample(self) -> None:
        assert self._timer is not None
        lag = max(self._clock.monotonic() - self._timer.due, 0.0)
        self._recent.append(lag)
        self._histogram.observe(lag)
        self.start()


def measure_plugins(metrics: Metrics, ledger: Ledger) -> None:
    """What each plugin's hooks cost and what it was charged with, from its account."""

    def hook_calls() -> Series:
        return {(owner,): account.hook_calls for owner, account in ledger.accounts.items()}

    def hook_seconds() -> Series:
        return {(owner,): account.hook_seconds for owner, account in ledger.accounts.items()}

    def charges() -> Series:
        return {
            (owner, kind): count for owner, account in ledger.accounts.items() for kind, count in account.counts.items()
        }

    by_plugin = ("plugin",)
    metrics.counted("linli_plugin_hook_calls_total", "Hook implementations called", hook_calls, by_plugin)
    metrics.counted("linli_plugin_hook_seconds_total", "Time until they had answered", hook_seconds, by_plugin)
    metrics.counted(
        "linli_plugin_charges_total",
        "What plugins did wrong: error, slow, timeout, refused, dropped, leaked",
        charges,
        ("plugin", "kind"),
    )


def measure_states(metrics: Metrics, states: StateStore, bus: EventBus) -> None:
    """How much there is to tell, and how many listen."""
    metrics.gauge("linli_states", "Entities that have a state", lambda: len(states))
    metrics.counted("linli_state_changes_total", "State changes published", lambda: states.writes)
    metrics.counted("linli_events_total", "Events fired, state changes aside", lambda: bus.fired)
    metrics.gauge(
        "linli_listeners",
        "Listeners to events, by type",
        lambda: {(event_type,): count for event_type, count in bus.counts().items()},
        ("event_type",),
    )
    metrics.gauge("linli_state_listeners", "Listeners to single entities", states.tracked)


def measure_pool(metrics: Metrics, blocking: BlockingPool) -> None:
    """What waits for a thread."""
    metrics.gauge("linli_blocking_calls", "Calls in threads, begun and not ended", lambda: blocking.waiting)
