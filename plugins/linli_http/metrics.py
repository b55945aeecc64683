"""What the server counts, for whoever reads the metrics."""

from collections.abc import Callable

from linli import Metrics
from linli_http.server import HttpServer


def publish(metrics: Metrics, server: HttpServer) -> Callable[[], None]:
    """Show the server's counts; the returned function takes them away."""
    counters = server.counters
    withdraw = [
        metrics.counted("linli_http_requests_total", "Requests since the start", lambda: counters.requests),
        metrics.counted(
            "linli_http_refused_total",
            "Requests without a good token or from a banned address",
            lambda: counters.refused,
        ),
        metrics.counted("linli_http_throttled_total", "Requests beyond a rate limit", lambda: counters.throttled),
        metrics.counted(
            "linli_http_connections_evicted_total", "Idle connections that made room", lambda: counters.evicted
        ),
        metrics.counted(
            "linli_http_connections_turned_away_total", "Callers without room", lambda: counters.turned_away
        ),
        metrics.counted(
            "linli_http_sockets_dropped_total",
            "Sockets of readers that were too slow",
            lambda: counters.sockets_dropped,
        ),
        metrics.gauge("linli_http_connections", "Open connections", lambda: server.connections),
        metrics.gauge("linli_http_sockets", "Open sockets and streams", lambda: len(server.listeners.open)),
    ]

    def take_away() -> None:
        for each in withdraw:
            each()

    return take_away
