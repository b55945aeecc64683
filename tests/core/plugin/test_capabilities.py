"""What a manifest does not name is refused at the door: charged, counted, journaled, with the line to add."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.errors import ContractError
from linli.hub import Hub
from linli.plugin.capabilities import Allowed, Names
from linli.plugin.manifest import Capabilities, Manifest
from linli.testing import Deployment, running_hub

DOES = {
    "calls": ("other.ring", 'await ctx.services.call("other", "ring")'),
    "serves": ("light", 'ctx.services.register("light", "dim", ring)'),
    "entities": ("sensor", 'ctx.entities.add(Count(unique_id="a", name="Count"))'),
    "entities by state": ("sensor", 'ctx.states.set("sensor.count", "1")'),
    "fires": ("other_rang", 'ctx.bus.fire("other_rang", {})'),
    "listens": ("other_rang", 'ctx.bus.listen("other_rang", print)'),
    "listens to entities": ("light", 'ctx.states.track(["light.hall"], print)'),
    "network": ("cloud.example.org", 'ctx.reaches("cloud.example.org")'),
    "personal_data": ("activity", 'ctx.entities.add(Count(unique_id="a", name="Count", subject="person-1"))'),
    "personal_data of a picture": ("image", 'await ctx.entities.picture("camera.door")'),
}

PLUGIN = '''
    """Asker: does one thing when it is told to."""
    from dataclasses import dataclass
    from typing import ClassVar

    from linli import Capabilities, EntityDescription, Manifest, NO_ATTRIBUTES, NotFound, hookimpl

    MANIFEST = Manifest(domain="asker", layer="application", capabilities=Capabilities({said}))

    @dataclass(frozen=True, kw_only=True, eq=False)
    class Count(EntityDescription[int]):
        domain: ClassVar[str] = "sensor"

        def render(self, reading):
            return str(reading), NO_ATTRIBUTES

    def ring(call):
        return None

    @hookimpl
    async def linli_setup_entry(ctx, entry):
        async def go(call):
            try:
                {does}
            except NotFound:
                pass

        ctx.services.register("asker", "go", go)
'''
SAYS = {"personal_data": 'entities=("sensor",), '}


def home(tmp_path: Path, does: str, said: str = "") -> Deployment:
    source = PLUGIN.replace("{said}", said).replace("{does}", does)
    return Deployment(tmp_path, "asker: {}").drop_in("asker", source)


async def go(hub: Hub) -> None:
    await hub.rooms.services.call("asker", "go")


@pytest.mark.parametrize("encoded", [False, True], ids=["in the hub", "through the encoder"])
@pytest.mark.parametrize("what", DOES)
async def test_what_is_not_declared_is_refused_and_what_is_declared_passes(
    tmp_path: Path, what: str, encoded: bool
) -> None:
    kind, (name, does) = what.partition(" ")[0], DOES[what]
    beside = SAYS.get(what, "")
    async with running_hub(home(tmp_path / "without", does, beside), encoded=encoded) as hub:
        with pytest.raises(ContractError, match="which its manifest does not name") as refused:
            await go(hub)
        assert str(refused.value).endswith(f'add to MANIFEST: capabilities=Capabilities({kind}=("{name}",))')
        account = hub.rooms.ledger.accounts["asker"]  # type: ignore[index]  # a plain name
        assert account.counts == {"refused": 1}
        assert account.recent[0].where == f"{kind} {name}"
    async with running_hub(home(tmp_path / "with", does, f'{beside}{kind}=("{name}",)'), encoded=encoded) as hub:
        await go(hub)
        assert "refused" not in hub.rooms.ledger.accounts["asker"].counts  # type: ignore[index]


async def test_many_refusals_of_a_minute_are_one_row_of_the_journal_and_each_is_counted(tmp_path: Path) -> None:
    async with running_hub(home(tmp_path, 'ctx.bus.fire("other_rang", {})')) as hub:
        for _ in range(7):
            with pytest.raises(ContractError):
                await go(hub)
        await hub.rooms.clock.forward(seconds=61)  # type: ignore[attr-defined]  # the simulated clock
        await hub.rooms.storage.journal.close()
        rows = [row for row in await hub.rooms.storage.journal.rows() if row.action == "refused"]
        assert [(row.subject, row.details) for row in rows] == [("fires", {"count": 7})]
        shown = hub.rooms.metrics.expose().decode()
        assert 'linli_plugin_refusals_total{plugin="asker",capability="fires"} 7\n' in shown


async def test_a_privilege_that_was_not_granted_is_journaled_too(tmp_path: Path) -> None:
    async with running_hub(home(tmp_path, "ctx.serving")) as hub:
        with pytest.raises(ContractError, match="does not declare the privilege serve"):
            await go(hub)
        assert 'plugin="asker",capability="privilege.serve"} 1\n' in hub.rooms.metrics.expose().decode()


async def test_what_is_a_plugins_own_needs_no_line(tmp_path: Path) -> None:
    does = 'ctx.bus.fire("asker_rang", {}); ctx.bus.listen("asker_rang", print); ctx.services.has("asker", "go")'
    async with running_hub(home(tmp_path, does)) as hub:
        await go(hub)


def test_an_event_that_only_begins_with_the_same_letters_is_anothers() -> None:
    allowed = Allowed(Manifest("door", "perception"))
    assert allowed.fires("door_rang")
    assert allowed.fires("door")
    assert not allowed.fires("doorbell_rang")


def test_the_internet_is_any_host_but_not_the_home() -> None:
    allowed = Allowed(Manifest("radio", "network", capabilities=Capabilities(network=("internet",))))
    assert allowed.reaches("example.org")
    assert not allowed.reaches("lan")


WORD = st.from_regex(r"[a-z]{1,4}", fullmatch=True)


@given(st.lists(WORD), st.lists(WORD), WORD, WORD)
def test_names_hold_exactly_what_was_listed(names: list[str], families: list[str], domain: str, rest: str) -> None:
    held = Names((*names, *(f"{family}.*" for family in families)))
    assert (f"{domain}.{rest}" in held) == (domain in families)
    assert (domain in held) == (domain in names or domain in families)
    assert f"{domain}.{rest}" in Names(("*",))
