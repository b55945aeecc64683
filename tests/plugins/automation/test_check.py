"""``linli check`` names the mistakes of rules: all of them, each at its line, and none where there is none."""

import textwrap
from pathlib import Path

import pytest

from compat.automation.ours import deployment as compared
from linli.config import check, load
from linli.config.catalog import known_services
from linli.config.report import Checked
from linli.plugin.catalog import PluginCatalog, texts_of
from linli.testing.hub import Deployment, running_hub
from plugins.automation.home import home_with

REPOSITORY = Path(__file__).parents[3]
HEAD = "linli: {time_zone: UTC}\nhome: {}\nhelpers: {input_boolean: {heat: {}, hall: {}}}\n"
BLUEPRINT = """
blueprint: {{name: L, domain: automation, input: {{lamp: {{selector: {{{selector}: {{}}}}}}}}}}
triggers: []
actions: [{{action: light.turn_on, target: {{entity_id: !input lamp}}}}]
"""


def checked(folder: Path) -> Checked:
    plugins = folder / "plugins"
    return check(load(folder), PluginCatalog(plugins if plugins.is_dir() else None))


def lines(tmp_path: Path, yaml: str, language: str = "en") -> list[str]:
    """What the check says below the first three lines, without the file's name."""
    (tmp_path / "linli.yaml").write_text(HEAD + textwrap.dedent(yaml), encoding="utf-8")
    found = checked(tmp_path)
    assert found.report.ok, "a mistake in a rule stops nothing"
    return [line.removeprefix("linli.yaml:") for line in found.report.lines(language, texts_of(found.entries))]


def rule(what: str) -> str:
    return f"automation:\n  - {{id: a, {what}}}\n"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("triggers: [{trigger: stat, entity_id: light.x}], actions: []", 'triggers[0].trigger: expected one of event,'),
        ("triggers: [{platform: stat}], actions: []", 'triggers[0].platform: expected one of event,'),
        ("triggers: [{entity_id: light.x}], actions: []", 'triggers[0].trigger: required key "trigger" is missing'),
        ("triggers: [{trigger: state, entity_id: light.x, too: a}], actions: []", '(did you mean "to"?)'),
        ("triggers: [{trigger: state, entity_id: input_boolean.heet}], actions: []", 'mean "input_boolean.heat"?'),
        ("triggers: {triggers: [{trigger: time, at: noon}]}, actions: []", "triggers.triggers[0].at: Expected HH:MM"),
        ("triggers: [{trigger: numeric_state, entity_id: sensor.a}], actions: []", "at least one of below, above"),
        ("triggers: [{trigger: template, value_template: '{{ a('}], actions: []", "the template is broken"),
        ("triggers: [], conditions: [{condition: stat}], actions: []", '(did you mean "state"?)'),
        ("triggers: [], conditions: [{or: [{condition: sta}]}], actions: []", "or[0].condition: expected"),
        ("triggers: [], conditions: '{% if %}', actions: []", "conditions: the template is broken"),
        ("triggers: [], actions: [{dely: 5}]", '(did you mean "delay"?)'),
        ("triggers: [], actions: [{alias: nothing}]", "actions[0]: there is no action in it"),
        ("triggers: [], actions: [{delay: soon}]", "actions[0].delay: expected a length of time"),
        ("triggers: [], actions: [{action: light.turn_on, taget: {}}]", '(did you mean "target"?)'),
        ("triggers: [], actions: [{action: light.turn_onn}]", '(did you mean "light.turn_on"?)'),
        ("triggers: [], actions: [{service: timer.begin}]", "expected one of timer.cancel, timer.change"),
        ("triggers: [], actions: [{action: lightturn_on}]", "does not match format <domain>.<name>"),
        ("triggers: [], actions: {choose: {conditions: [], sequence: [{dely: 1}]}}", "actions.choose.sequence[0].dely"),
        ("triggers: [], actions: [{if: [{condition: x}], then: []}]", "actions[0].if[0].condition: expected one of"),
        ("triggers: [], actions: [{repeat: {count: 1, while: [], sequence: []}}]", "must contain one of count"),
        ("triggers: [], actions: [{repeat: {count: 1, sequence: [{x: 1}]}}]", "repeat.sequence[0].x: expected"),
        ("triggers: [], actions: [{parallel: [{delay: x}]}]", "actions[0].parallel[0].delay: expected"),
        ("triggers: [], actions: [{wait_for_trigger: {trigger: x}}]", "actions[0].wait_for_trigger.trigger: expected"),
        ("triggers: [], actions: [text]", "actions[0]: expected a map"),
        ("triggers: [], actions: [], mode: singel", '(did you mean "single"?)'),
        ("triggers: [], actions: [], modus: single", '(did you mean "mode"?)'),
        ("triggers: []", 'required key "actions" is missing'),
        ("actions: []", 'required key "triggers" is missing'),
        ("triggers: [], trigger: [], actions: []", "trigger and triggers are the same"),
        ("use_blueprint: {path: ligt.yaml}", '(did you mean "light.yaml"?)'),
        ("use_blueprint: {path: light.yaml}", "use_blueprint: Missing input lamp"),
        ("use_blueprint: {path: bad.yaml, input: {lamp: light.a}}", "Unknown selector type entitty"),
        ("use_blueprint: {pth: light.yaml}", '(did you mean "path"?)'),
    ],
)  # fmt: skip
def test_a_mistake_of_an_automation_is_named_at_its_line(tmp_path: Path, written: str, said: str) -> None:
    folder = tmp_path / "blueprints" / "automation"
    folder.mkdir(parents=True)
    (folder / "light.yaml").write_text(BLUEPRINT.format(selector="entity"))
    (folder / "bad.yaml").write_text(BLUEPRINT.format(selector="entitty"))
    found = lines(tmp_path, rule(written))
    assert len(found) == 1, found
    assert found[0].startswith("5:")
    assert said in found[0]


def test_all_mistakes_of_a_list_come_in_one_run_and_in_chinese_too(tmp_path: Path) -> None:
    yaml = """
        automation:
          - {id: a, triggers: [{trigger: stat}], actions: [{dely: 1}]}
          - {id: a, triggers: [], actions: []}
          - {alias: Same, triggers: [], actions: []}
          - {alias: same, triggers: [], actions: []}
          - only a text
        script:
          reload: {sequence: []}
          bad: {sequenc: []}
        scene:
          - {id: s, name: S, entities: {input_boolean.het: "on"}}
          - {id: s, name: S}
    """
    found = lines(tmp_path, yaml)
    assert [line.partition(":")[0] for line in found] == ["6", "6", "7", "9", "10", "12", "13", "15", "16", "16"]
    assert "id a" in found[2]
    assert "前面已有 id 为 a 的自动化" in lines(tmp_path, yaml, "zh-Hans")[2]


def test_nothing_is_found_where_nothing_is_wrong(tmp_path: Path) -> None:
    assert checked(compared(tmp_path, 8123).folder).report.lines() == ()


@pytest.mark.parametrize("config", sorted(path.parent.name for path in REPOSITORY.glob("configs/*/linli.yaml")))
def test_nothing_is_found_in_what_is_shipped(config: str) -> None:
    words = (": automation", ": script", ": scene")
    wrong = [
        line for line in checked(REPOSITORY / "configs" / config).report.lines() if any(each in line for each in words)
    ]
    assert wrong == []


async def test_what_is_no_rule_at_all_costs_no_other(tmp_path: Path) -> None:
    yaml = """
        automation:
          - just a text
          - {id: one, triggers: [{trigger: event, event_type: go}], actions: [{action: test.note, data: {n: 1}}]}
        script:
          text: another
        scene: [text]
    """
    async with home_with(tmp_path, yaml) as home:
        await home.fire("go")
        assert home.done() == [1]
        assert "linli.yaml:6:" in home.issues()["broken_rule 0"]
        assert "linli.yaml:9:" in home.issues("script")["broken_text"]
        assert "broken_" in str(home.issues("scene"))


async def test_the_check_knows_every_service_that_what_is_shipped_offers(tmp_path: Path) -> None:
    """What it takes for whole is whole: no service that runs is called a mistake."""
    deployment = Deployment(tmp_path, "linli: {packs: [household]}\ndemo:\nhelpers:\n")
    known = known_services(checked(deployment.folder).entries.values())
    async with running_hub(deployment) as hub:
        offered = hub.rooms.services.all()
        missing = [
            f"{domain}.{name}"
            for domain, names in offered.items()
            if domain in known and domain != "script"
            for name in names
            if name not in known[domain]
        ]
        assert missing == []
        assert {"light", "lock", "cover", "timer", "scene", "automation", "notify", "recorder"} <= known.keys()


def test_a_domain_in_which_a_plugin_offers_services_without_a_text_is_left_alone(tmp_path: Path) -> None:
    plugin = """
        import voluptuous as vol
        from linli import Capabilities, Manifest
        MANIFEST = Manifest(domain="odd", layer="perception", capabilities=Capabilities(serves=("light",)))
        CONFIG = vol.Schema({})
    """
    rule = "{triggers: [], actions: [{action: light.odd}, {action: odd.x}, {action: lock.odd}]}"
    yaml = f"linli: {{trusted: [odd], packs: [household]}}\nodd:\nautomation:\n  - {rule}\n"
    found = checked(Deployment(tmp_path, yaml).drop_in("odd", plugin).folder).report.lines("en")
    assert len(found) == 1, found
    assert "lock.odd" in found[0]
