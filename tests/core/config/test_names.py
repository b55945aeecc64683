"""References to what does not exist: an error where all names are known, a warning where one may come later."""

from pathlib import Path

import pytest
import voluptuous as vol

from core.config.catalogs import Plugins
from linli import schema as sv
from linli.config import check, load
from linli.config.references import Known, nothing_known
from linli.plugin.manifest import Capabilities, Manifest

BELL = vol.Schema(
    {
        vol.Optional("button"): sv.entity_id("event"),
        vol.Optional("lamps", default=[]): sv.list_of(sv.entity_id("light", "input_boolean")),
        vol.Optional("room"): sv.area_id,
        vol.Optional("who"): sv.reference("role"),
        vol.Optional("chain"): sv.reference("chain"),
    }
)


def plugins() -> Plugins:
    """A flat that declares what it makes, helpers from the YAML, a radio that may find anything, a foreign one."""
    found = Plugins()
    lamps = Capabilities(entities=("light", "event"))
    found.add(Manifest("flat", "perception", capabilities=lamps, makes=("light.kitchen_1", "light.desk", "event.gate")))
    switches = vol.Schema(
        {vol.Optional("input_boolean"): sv.map_of(sv.defines("entity", sv.slug, "input_boolean.{}"), sv.maybe(dict))}
    )
    found.add(Manifest("helpers", "management"), switches)
    found.add(Manifest("radio", "network", capabilities=Capabilities(entities=("light",))))
    found.add(Manifest("kettle", "perception"), shipped=False)
    found.add(Manifest("bell", "perception"), BELL)
    ward = sv.list_of({vol.Required("id"): sv.defines("chain", sv.slug), vol.Optional("note"): sv.string})
    found.add(Manifest("ward", "management"), vol.Schema({vol.Optional("chains"): ward}))
    return found


def lines(tmp_path: Path, yaml: str, known: Known = nothing_known) -> tuple[str, ...]:
    (tmp_path / "linli.yaml").write_text(f"linli: {{trusted: [kettle]}}\n{yaml}", "utf-8")
    checked = check(load(tmp_path, env={}), plugins(), known=known)
    bells = checked.instances.get("bell", ())
    assert ("bell" in checked.broken) is not bool(bells), "a warning keeps its section running"
    return checked.report.lines()


@pytest.mark.parametrize(
    ("yaml", "said"),
    [
        ("flat: {}\nbell: {button: event.gaet}", 'no entity "event.gaet" is known yet (did you mean "event.gate"?)'),
        ("flat: {}\nbell: {button: event.piano}", 'no entity "event.piano" is known yet'),
        ("flat: {}\nbell: {lamps: [light.desk, light.dekS]}", '(did you mean "light.desk"?)'),
        ("helpers: {input_boolean: {guests: }}\nbell: {lamps: [input_boolean.geusts]}", '"input_boolean.guests"?)'),
        ("flat: {}\nradio: {}\nbell: {lamps: [light.dekS]}", '(did you mean "light.desk"?)'),
        ("flat: {}\nkettle: {}\nbell: {button: event.gaet}", '(did you mean "event.gate"?)'),
        ("ward: {chains: [{id: night}]}\nbell: {chain: nigth}", 'there is no chain "nigth" (did you mean "night"?)'),
        ("ward: {}\nbell: {chain: night}", 'there is no chain "night"'),
    ],
)
def test_a_name_that_nothing_has_is_one_line(tmp_path: Path, yaml: str, said: str) -> None:
    (line,) = lines(tmp_path, yaml)
    assert said in line


@pytest.mark.parametrize(
    "yaml",
    [
        "flat: {}\nbell: {button: event.gate, lamps: [light.desk, light.kitchen_1]}",
        "helpers: {input_boolean: {guests: }}\nbell: {lamps: [input_boolean.guests]}",
        "bell: {button: event.gate, room: kitchen, who: guard, chain: night}",
        "flat: {}\nradio: {}\nbell: {lamps: [light.kitchen_2, light.yard]}",
        "flat: {}\nkettle: {}\nbell: {button: event.piano}",
        "ward: {chains: [{id: night}]}\nbell: {chain: night}",
    ],
    ids=["declared", "a helper", "nobody can say", "a device that may join", "a foreign plugin", "a chain"],
)
def test_nothing_false_is_said(tmp_path: Path, yaml: str) -> None:
    assert lines(tmp_path, yaml) == ()


def test_what_could_not_be_read_may_define_anything(tmp_path: Path) -> None:
    found = lines(tmp_path, "ward: {chains: !include gone.yaml}\nbell: {chain: night}")
    assert [line.split(": ")[1] for line in found] == ["ward.chains"]


def test_a_mistake_in_a_definition_hides_none_of_the_others(tmp_path: Path) -> None:
    found = lines(tmp_path, "ward: {chains: [{id: night}, {id: Day Shift}]}\nbell: {chain: night}")
    assert [line.split(": ")[1] for line in found] == ["ward.chains[1].id"]


@pytest.mark.parametrize(
    ("yaml", "said"),
    [
        ("radio: {}\nbell: {lamps: [light.yard]}", ()),
        ("radio: {}\nbell: {lamps: [light.piano]}", ("light.piano",)),
        ("radio: {}\nflat: {}\nbell: {button: event.piano}", ("event.piano",)),
        ("kettle: {}\nbell: {lamps: [light.piano]}", ()),
        ("bell: {room: kitchen}", ()),
        ("bell: {room: kitchn}", ('area "kitchn" is known yet (did you mean "kitchen"?)',)),
        ("bell: {who: guard}", ()),
        ("bell: {who: gaurd}", ('there is no role "gaurd" (did you mean "guard"?)',)),
    ],
)
def test_what_a_hub_kept_is_known(tmp_path: Path, yaml: str, said: tuple[str, ...]) -> None:
    kept = {"entity": {"light.yard"}, "platform": {"radio"}, "area": {"kitchen"}, "role": {"guard"}}
    found = lines(tmp_path, yaml, kept.get)
    assert len(found) == len(said)
    assert all(part in line for part, line in zip(said, found, strict=True))
