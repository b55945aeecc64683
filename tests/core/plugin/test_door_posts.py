"""What a plugin posts through its door: metrics under its own name, notifications for whom it says."""

from pathlib import Path

from linli.ids import PluginDomain
from linli.plugin.overview import PluginState
from linli.testing import Deployment, running_hub

COUNTING = '''
    """Counting: measures itself."""
    from linli import Manifest, hookimpl

    MANIFEST = Manifest(domain="counting", layer="data")

    @hookimpl
    def linli_setup(ctx):
        ctx.metrics.counter("linli_counting_rings_total", "Rings", ["door"]).add("front")
        ctx.metrics.histogram("linli_counting_seconds", "Time").observe(0.2)

    @hookimpl
    def linli_setup_entry(ctx, entry):
        ctx.metrics.gauge("linli_counting_queue", "Waiting", lambda: 3)
        ctx.notifications.create("For all of us", notification_id="x", audience="everyone", critical=True)
'''

GREEDY = '''
    """Greedy: counts under another's name."""
    from linli import Manifest, hookimpl

    MANIFEST = Manifest(domain="greedy", layer="data")

    @hookimpl
    def linli_setup(ctx):
        ctx.metrics.counter("linli_counting_rings_total", "Rings", ["door"])
'''


async def test_a_plugin_measures_itself_and_its_gauges_go_with_the_entry(tmp_path: Path) -> None:
    home = Deployment(tmp_path, "counting: {}").drop_in("counting", COUNTING)
    async with running_hub(home) as hub:
        shown = hub.rooms.metrics.expose().decode()
        assert 'linli_counting_rings_total{door="front"} 1\n' in shown
        assert "linli_counting_seconds_count 1\n" in shown
        assert "linli_counting_queue 3\n" in shown
        assert 'linli_plugin_hook_calls_total{plugin="counting"} 2\n' in shown
        await hub.rooms.entries.unload_domain(PluginDomain("counting"))
        assert "linli_counting_queue" not in hub.rooms.metrics.expose().decode()


async def test_a_notification_is_for_whom_the_plugin_says(tmp_path: Path) -> None:
    home = Deployment(tmp_path, "counting: {}").drop_in("counting", COUNTING)
    async with running_hub(home) as hub:
        (shown,) = hub.rooms.notifications.all(admin=False)
        assert (shown.notification_id, shown.owner, shown.critical) == ("x", "counting", True)


async def test_a_plugin_counts_under_its_own_name_alone(tmp_path: Path) -> None:
    home = Deployment(tmp_path, "counting: {}\ngreedy: {}").drop_in("counting", COUNTING).drop_in("greedy", GREEDY)
    async with running_hub(home) as hub:
        status = hub.rooms.overview.get("greedy")
        assert status is not None
        assert status.state is PluginState.RETRYING
        assert "its names begin with linli_greedy_" in (status.reason or "")
