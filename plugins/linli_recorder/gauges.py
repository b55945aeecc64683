"""What the recorder counts and measures."""

from linli import PluginContext
from linli_recorder.recorder import Recorder


def offer(ctx: PluginContext, recorder: Recorder) -> None:
    """For Prometheus; each is read when somebody looks."""
    counts = recorder.counts
    gauge = ctx.metrics.gauge
    gauge("linli_recorder_waiting_rows", "Changes and events that are not yet on the disk", lambda: recorder.waiting)
    gauge(
        "linli_recorder_queue_rows",
        "How many may wait; beyond it the oldest are dropped",
        lambda: recorder.most_waiting,
    )
    gauge("linli_recorder_behind_seconds", "How old the oldest row of the last commit was", lambda: recorder.behind_s)
    gauge("linli_recorder_written_rows", "Rows written since the start", lambda: counts.written)
    gauge(
        "linli_recorder_dropped_rows",
        "Rows dropped since the start, because the queue was full",
        lambda: counts.dropped,
    )
    gauge(
        "linli_recorder_left_out",
        "Attributes and data left out since the start, being too long",
        lambda: counts.too_long,
    )
    gauge(
        "linli_recorder_unwritable_rows",
        "Rows left out since the start, as no database takes them",
        lambda: counts.unwritable,
    )
    gauge("linli_recorder_failed_commits", "Commits that failed since the start", lambda: counts.failures)
