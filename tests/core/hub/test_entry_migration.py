"""Entry data of every earlier version, in a whole hub; with the encoder between hub and plugin, and without."""

from pathlib import Path

import pytest

from linli.entries import EntryState
from linli.errors import NotFound
from linli.hub import Hub
from linli.ids import PluginDomain
from linli.plugin.manifest import Manifest
from linli.testing import Deployment, running_hub

BOX = PluginDomain("box")
FORMS = {
    (1, 1): {"host": "a", "port": 80},
    (2, 1): {"address": "a:80"},
    (2, 2): {"address": "a:80", "tls": False},
    (3, 1): {"url": "http://a:80"},
}
MIGRATE = """
    @hookimpl
    def linli_migrate_entry(entry, version, minor_version):
        data, written = dict(entry.data), (entry.version, entry.minor_version)
        if written < (2, 1):
            data = {"address": f"{data['host']}:{data['port']}"}
        if written < (2, 2):
            data = {**data, "tls": False}
        if written < (3, 1) <= (version, minor_version):
            data = {"url": f"{'https' if data['tls'] else 'http'}://{data['address']}"}
        return data
"""


def box(version: tuple[int, int], migrate: str = MIGRATE) -> str:
    return f'''
    """Box: as it was written at some time."""
    import voluptuous as vol
    from linli import Manifest, hookimpl, schema as sv

    MANIFEST = Manifest(domain="box", layer="network", single=False, entry_version={version[0]},
                        entry_minor_version={version[1]})
    CONFIG = vol.Schema({{}}, extra=vol.ALLOW_EXTRA)

    @hookimpl
    def linli_setup_entry(ctx, entry):
        ctx.bus.fire("box_up", dict(entry.data))
    {migrate}
    '''


def home(tmp_path: Path, version: tuple[int, int], migrate: str = MIGRATE, yaml: str = "box: []") -> Deployment:
    """Each version in a folder of its own, as after an update of the plugin; the data folder is the same."""
    deployment = Deployment(tmp_path / f"{version[0]}.{version[1]}", yaml).drop_in("box", box(version, migrate))
    deployment.data = tmp_path / "data"
    return deployment


async def made_at(tmp_path: Path, version: tuple[int, int]) -> str:
    async with running_hub(home(tmp_path, version)) as hub:
        entry = await hub.rooms.entries.create(BOX, "mine", title="Mine", data=FORMS[version])
        assert entry.written_in == version
        return entry.entry_id


@pytest.mark.parametrize("encoded", [True, False], ids=["encoded", "as it is"])
@pytest.mark.parametrize("version", list(FORMS))
async def test_an_entry_of_every_earlier_version_comes_up(
    tmp_path: Path, version: tuple[int, int], encoded: bool
) -> None:
    entry_id = await made_at(tmp_path, version)
    for _ in range(2):
        async with running_hub(home(tmp_path, (3, 1)), encoded=encoded) as hub:
            entry = hub.rooms.entries.need(entry_id)
            assert (entry.state, entry.written_in, entry.data) == (EntryState.LOADED, (3, 1), FORMS[3, 1])


def told(hub: Hub, entry_id: str, language: str) -> str:
    entry = hub.rooms.entries.need(entry_id)
    assert entry.reason_key is not None
    return hub.rooms.translator.say(PluginDomain("core"), entry.reason_key, entry.reason_parameters, language)


async def test_data_of_a_newer_plugin_is_left_alone_and_said_in_ones_language(tmp_path: Path) -> None:
    entry_id = await made_at(tmp_path, (3, 1))
    async with running_hub(home(tmp_path, (2, 2))) as hub:
        entry = hub.rooms.entries.need(entry_id)
        assert (entry.state, entry.data) == (EntryState.MIGRATION_ERROR, FORMS[3, 1])
        assert "(3.1; this one reads 2.2)" in told(hub, entry_id, "en")
        assert "请更新 box" in told(hub, entry_id, "zh-Hans")
    async with running_hub(home(tmp_path, (3, 1))) as hub:
        assert hub.rooms.entries.need(entry_id).state is EntryState.LOADED


@pytest.mark.parametrize(
    ("migrate", "key", "charged"),
    [
        ("", "entries.migration_unknown", 0),
        (MIGRATE.replace("dict(entry.data)", "entry.data['no such key']"), "entries.migration_failed", 1),
        ("""
    @hookimpl
    def linli_migrate_entry(entry):
        return {"url": object()}
    """, "entries.migration_failed", 1),
    ],
    ids=["a plugin that does not know how", "a plugin that raises", "a plugin that answers with a live object"],
)  # fmt: skip
async def test_a_migration_that_fails_is_the_entrys_own_trouble(
    tmp_path: Path, migrate: str, key: str, charged: int
) -> None:
    entry_id = await made_at(tmp_path, (1, 1))
    async with running_hub(home(tmp_path, (3, 1), migrate)) as hub:
        entry = hub.rooms.entries.need(entry_id)
        assert (entry.state, entry.data, entry.reason_key) == (EntryState.MIGRATION_ERROR, FORMS[1, 1], key)
        assert hub.rooms.ledger.account(BOX).counts.get("error", 0) == charged


async def test_an_entry_of_the_yaml_always_has_the_present_version(tmp_path: Path) -> None:
    for version in ((1, 1), (3, 1)):
        async with running_hub(home(tmp_path, version, yaml="box: [{name: Mine}]")) as hub:
            (entry,) = hub.rooms.entries.all(BOX)
            assert (entry.state, entry.written_in) == (EntryState.LOADED, version)
            assert hub.rooms.ledger.account(BOX).counts == {}


async def test_no_entry_is_made_of_a_plugin_that_is_not_there(tmp_path: Path) -> None:
    async with running_hub(home(tmp_path, (1, 1))) as hub:
        with pytest.raises(NotFound):
            await hub.rooms.entries.create(PluginDomain("nobody"), "x", title="X", data={})


@pytest.mark.parametrize("version", [(0, 1), (1, 0)])
def test_versions_count_from_one(version: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="count from 1"):
        Manifest(domain="box", layer="network", entry_version=version[0], entry_minor_version=version[1])
