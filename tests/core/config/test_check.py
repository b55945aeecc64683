"""The check of a whole deployment: every mistake is one line at its place, and a good one has none."""

from dataclasses import dataclass
from pathlib import Path

import pytest
import voluptuous as vol

from core.config.catalogs import Plugins, usual
from linli import schema as sv
from linli.config import CatalogEntry, Checked, Problem, check, load
from linli.jsonbytes import dumps
from linli.plugin.manifest import Capabilities, Manifest, Privilege

HERE = Path(__file__).parent


def roles(kind: str) -> set[str] | None:
    return {"guard", "desk"} if kind == "role" else None


def checked(folder: Path, text: str, plugins: Plugins | None = None, **files: str) -> Checked:
    for name, content in {"linli.yaml": text, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    return check(load(folder, env={}), plugins or usual(), known=roles)


def lines(folder: Path, text: str, plugins: Plugins | None = None, **files: str) -> tuple[str, ...]:
    return checked(folder, text, plugins, **files).report.lines()


def test_fourteen_planted_mistakes_give_exactly_fourteen_lines() -> None:
    report = check(load(HERE / "planted" / "home", env={}), usual(), known=roles).report
    golden = (HERE / "planted" / "expected.txt").read_text("utf-8").splitlines()
    assert list(report.lines()) == golden
    assert len(golden) == 14


def test_fourteen_planted_mistakes_read_in_chinese_too() -> None:
    report = check(load(HERE / "planted" / "home", env={}), usual(), known=roles).report
    chinese = report.lines("zh-Hans")
    assert len(chinese) == 14
    assert all(any("一" <= sign <= "鿿" for sign in line) for line in chinese)


def test_a_good_deployment_has_no_lines() -> None:
    result = check(
        load(HERE / "good" / "home", env={"HTTP_PORT": "8124"}, set=["doorbell[1].volume=30"]), usual(), known=roles
    )
    assert result.report.lines() == ()
    assert result.report.ok
    assert result.broken == frozenset()
    assert result.settings("http")[0] == {"port": 8124}
    assert [instance["volume"] for instance in result.settings("doorbell")] == [40, 30]
    assert "notices" in result.entries, "the doorbell requires it"
    assert result.deployment.safety_domains == {"incident"}


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("htpp: {}", 'linli.yaml:2:1: htpp: there is no plugin "htpp" (did you mean "http"?)'),
        ("http: {prot: 1}", 'linli.yaml:2:8: http.prot: unknown key "prot" (did you mean "port"?)'),
        ("http: {colour: 1}", 'linli.yaml:2:8: http.colour: unknown key "colour", expected one of port'),
        ("http: 8123", "linli.yaml:2:7: http: expected settings (a map), or a list of them for several instances"),
        ("http: [{}, {}]", 'linli.yaml:2:12: http[1]: the plugin "http" takes one section only'),
        ("http: {safety: maybe}", 'linli.yaml:2:16: http.safety: expected true or false, got "maybe"'),
        ("doorbell: {}", 'linli.yaml:2:1: doorbell.button: required key "button" is missing (The event entity that'),
        ("doorbell: {button: light.x}", "linli.yaml:2:20: doorbell.button: expected an entity of event"),
        ("notices: {channels: [1, web, 2]}", "linli.yaml:2:22: notices.channels[0]: expected text, got 1"),
        ("bridge: {}", 'linli.yaml:2:1: bridge: "bridge" requires the plugin "cable", which is not installed'),
        ("http: !includ x.yaml", 'linli.yaml:2:7: http: unknown tag !includ (did you mean "!include"?)'),
        ("http: {port: !locked 1}", "linli.yaml:2:14: http.port: !locked stands before the key"),
    ],
)
def test_a_mistake_is_a_line_at_its_place(tmp_path: Path, section: str, expected: str) -> None:
    found = lines(tmp_path, f"linli: {{name: Home}}\n{section}\n")
    assert found[0].startswith(expected)


def test_an_unknown_key_that_meant_the_required_one_is_one_mistake(tmp_path: Path) -> None:
    assert len(lines(tmp_path, "doorbell: {buton: event.ring}")) == 1


def test_all_mistakes_of_a_section_come_at_once(tmp_path: Path) -> None:
    text = """
doorbell:
  button: light.x
  ring_for: 30
  lamps: [lamp, light.ok, switch.x]
  volume: 101 %
  nonsense: 1
incident:
  chains:
    night: [{who: gaurd}, {within: 5}]
    "Bad Name": []
"""
    paths = [line.split(": ")[1] for line in lines(tmp_path, text)]
    assert paths == [
        "doorbell.button", "doorbell.ring_for", "doorbell.lamps[0]", "doorbell.lamps[2]", "doorbell.volume",
        "doorbell.nonsense", "incident.chains.night[1].who", "incident.chains.night[1].within",
        'incident.chains["Bad Name"]',
    ]  # fmt: skip


def test_references_are_checked_once_the_shape_is_right(tmp_path: Path) -> None:
    found = lines(tmp_path, "incident: {chains: {night: [{who: guard}, {who: gaurd}]}}")
    assert found == ('linli.yaml:1:49: incident.chains.night[1].who: there is no role "gaurd" (did you mean "guard"?)',)


def test_what_is_broken_by_one_mistake_gives_no_second_line(tmp_path: Path) -> None:
    text = "doorbell: {button: !include nothing.yaml, lamps: !include_dir_list nowhere}"
    found = lines(tmp_path, text)
    assert [line.split(": ")[1] for line in found] == ["doorbell.button", "doorbell.lamps"]
    assert checked(tmp_path, text).broken == {"doorbell"}


def test_text_keeps_a_number_as_it_is_written_and_numbers_are_ordinary_numbers(tmp_path: Path) -> None:
    plugins = usual()
    keys = {"version": sv.string, "words": [sv.string], "level": sv.number, "any": sv.anything}
    plugins.add(Manifest("meter", "perception"), vol.Schema({vol.Optional(key): kind for key, kind in keys.items()}))
    (settings,) = checked(
        tmp_path, "meter: {version: 1.10, words: [2.0, -.50], level: 1.10, any: [{deep: 3.50}]}", plugins
    ).settings("meter")
    assert (settings["version"], settings["words"]) == ("1.10", ["2.0", "-.50"])
    assert dumps(settings) == b'{"version":"1.10","words":["2.0","-.50"],"level":1.1,"any":[{"deep":3.5}]}'


def test_a_file_included_twice_breaks_both_sections_with_one_line(tmp_path: Path) -> None:
    result = checked(tmp_path, "http: !include bad.yaml\nnotices: !include bad.yaml", **{"bad.yaml": "a: 'x"})
    assert len(result.report.lines()) == 1
    assert result.broken == {"http", "notices"}


def test_a_setting_that_could_not_be_read_keeps_its_section_from_running(tmp_path: Path) -> None:
    text = "http: {port: !include bad.yaml}\nnotices: {channels: [!include bad.yaml]}"
    result = checked(tmp_path, text, **{"bad.yaml": "a: 'x"})
    assert len(result.report.lines()) == 1
    assert result.broken == {"http", "notices"}
    assert result.settings("notices") == ()


def test_a_foreign_plugin_runs_in_a_process_of_its_own_unless_it_is_trusted(tmp_path: Path) -> None:
    apart = checked(tmp_path, "lift: {}", usual())
    assert apart.report.ok
    assert (apart.entries["lift"].trusted, apart.entries["lift"].apart) == (False, True)
    trusted = checked(tmp_path, "linli: {trusted: [lift]}\nlift: {}", usual()).entries["lift"]
    assert (trusted.trusted, trusted.apart) == (True, False)
    put_apart = checked(tmp_path, "linli: {trusted: [lift], children: [lift, http]}\nlift: {}\nhttp: {}", usual())
    assert [entry.apart for entry in put_apart.entries.values()] == [True, True]


def test_a_name_that_no_plugin_has_is_a_warning_where_plugins_are_only_named(tmp_path: Path) -> None:
    report = checked(tmp_path, "linli: {trusted: [lift, lfit], children: [nobody]}\nlift: {}", usual()).report
    assert report.ok
    assert list(report.lines()) == [
        'linli.yaml:1:25: linli.trusted[1]: there is no plugin "lfit" (did you mean "lift"?); this line does nothing',
        'linli.yaml:1:43: linli.children[0]: there is no plugin "nobody"; this line does nothing',
    ]


def test_what_nothing_keeps_from_a_foreign_plugin_is_a_warning(tmp_path: Path) -> None:
    plugins = usual()
    entry = plugins.entries["lift"]
    plugins.entries["lift"] = Open(entry.manifest, entry.schema, entry.distribution, entry.shipped)
    report = checked(tmp_path, "lift: {}", plugins).report
    assert report.ok
    (line,) = report.lines()
    assert "nothing keeps from it: the network (" in line
    assert "the rights of the user" in line


def test_what_runs_in_the_hub_cannot_require_what_is_not_trusted(tmp_path: Path) -> None:
    plugins = usual().add(Manifest("panel", "application", requires=("lift",)))
    (line,) = checked(tmp_path, "panel: {}\nlift: {}", plugins).report.lines()
    assert "its code would run there, too" in line
    assert checked(tmp_path, "linli: {children: [panel]}\npanel: {}\nlift: {}", plugins).report.ok


class Open(CatalogEntry):
    """An entry of a system that contains little."""

    def uncontained(self, user: str | None) -> tuple[str, ...]:
        return ("network", "user")


def test_two_distributions_that_claim_one_domain_are_refused(tmp_path: Path) -> None:
    plugins = usual()
    plugins.rivals["http"] = ("http-faster",)
    assert 'several distributions claim the plugin "http" (linli, http-faster)' in lines(tmp_path, "http:", plugins)[0]
    assert "http" not in plugins.imported


def test_a_plugin_that_cannot_be_loaded_is_a_line(tmp_path: Path) -> None:
    plugins = usual()
    plugins.broken.add("http")
    assert lines(tmp_path, "http:", plugins) == (
        'linli.yaml:1:1: http: the plugin "http" cannot be loaded: http/__init__.py:3: no MANIFEST',
    )


def test_a_required_plugin_comes_with_its_defaults_unless_it_needs_settings(tmp_path: Path) -> None:
    plugins = usual()
    plugins.add(Manifest("alarm", "management", requires=("panel",)))
    plugins.add(Manifest("panel", "network"), vol.Schema({vol.Required("host"): sv.host}))
    assert checked(tmp_path, "doorbell: {button: event.ring}").settings("notices") == ({"channels": ["web"]},)
    assert lines(tmp_path, "alarm:", plugins) == (
        'linli.yaml:1:1: alarm: "alarm" requires the plugin "panel", which needs settings of its own: '
        'add a section "panel:"',
    )


def test_a_required_plugin_that_is_switched_off_is_named_with_its_place(tmp_path: Path) -> None:
    assert lines(tmp_path, "doorbell: {button: event.ring}\nnotices: false") == (
        'linli.yaml:1:1: doorbell: "doorbell" requires the plugin "notices", which is switched off in linli.yaml:2:1',
    )


def test_a_pack_can_be_enabled_but_for_one_plugin(tmp_path: Path) -> None:
    result = checked(tmp_path, "linli: {packs: [household]}\noverview: false")
    assert result.report.lines() == ()
    assert "overview" not in result.entries
    assert {"http", "api", "pages", "home", "helpers"} <= set(result.entries)


def test_a_newer_contract_and_an_ungranted_privilege_are_lines(tmp_path: Path) -> None:
    plugins = Plugins()
    wants = Capabilities(privileges=frozenset({Privilege.READ_ALL}))
    plugins.add(Manifest("future", "data", contract=99)).add(Manifest("nosy", "data", capabilities=wants))
    found = lines(tmp_path, "future:\nnosy:", plugins)
    assert "speaks version 99 of the plugin contract" in found[0]
    assert "declares read_all, which the deployment does not grant: linli: {grants: {nosy: [read_all]}}" in found[1]
    granted = "linli: {grants: {nosy: [read_all]}}\nnosy:"
    assert lines(tmp_path, granted, plugins) == ()


def test_a_conflict_between_two_plugins_is_one_line(tmp_path: Path) -> None:
    plugins = Plugins()
    plugins.add(Manifest("a", "data", conflicts=("b",))).add(Manifest("b", "data", conflicts=("a",)))
    assert lines(tmp_path, "a:\nb:", plugins) == ('linli.yaml:1:1: a: "a" cannot run beside "b" (linli.yaml:2:1)',)


@dataclass(frozen=True, slots=True)
class Declaring(CatalogEntry):
    """A plugin that declares ``auth_tenancy_of``, which one plugin answers."""

    def one_answer_hooks(self) -> frozenset[str]:
        return frozenset({"auth_tenancy_of"})


def test_who_answers_what_rights_hang_on_is_trusted(tmp_path: Path) -> None:
    plugins = Plugins()
    tells = Capabilities(answers=("auth_tenancy_of",))
    plugins.add(Manifest("census", "data", capabilities=tells), shipped=False)
    (line,) = lines(tmp_path, "census:", plugins)
    assert "answers the hook auth_tenancy_of, on which rights hang, but is not trusted" in line
    assert lines(tmp_path, "linli: {trusted: [census]}\ncensus:", plugins) == ()


def test_two_that_answer_what_one_says_are_both_refused(tmp_path: Path) -> None:
    plugins = Plugins()
    tells = Capabilities(answers=("auth_tenancy_of", "recorder_may_purge"))
    for domain in ("census", "rival"):
        plugins.add(Manifest(domain, "data", capabilities=tells))
    plugins.entries["recorder"] = Declaring(Manifest("recorder", "data"), None)
    result = checked(tmp_path, "recorder:\ncensus:\nrival:", plugins)
    assert [line.split(": ", 2)[2] for line in result.report.lines()] == [
        'the plugin "census" answers the hook auth_tenancy_of, and so does rival: only one plugin may say that. '
        "Switch all but one of them off",
        'the plugin "rival" answers the hook auth_tenancy_of, and so does census: only one plugin may say that. '
        "Switch all but one of them off",
    ]
    assert result.broken == {"census", "rival"}


def test_a_schema_that_raises_is_its_plugins_fault(tmp_path: Path) -> None:
    def divides(value: object) -> object:
        return 1 / 0

    plugins = Plugins()
    plugins.add(Manifest("a", "data"), vol.Schema({"x": divides}))
    assert (
        "the plugin's own schema failed on this section (ZeroDivisionError" in lines(tmp_path, "a: {x: 1}", plugins)[0]
    )


def test_a_file_must_exist_and_its_path_becomes_absolute(tmp_path: Path) -> None:
    plugins = Plugins()
    plugins.add(Manifest("census", "data"), vol.Schema({vol.Required("import"): sv.file()}))
    text = "census: {import: residents.csv}"
    assert lines(tmp_path, text, plugins) == ("linli.yaml:1:18: census.import: the file residents.csv does not exist",)
    (tmp_path / "residents.csv").write_text("name\n")
    assert checked(tmp_path, text, plugins).settings("census") == ({"import": str(tmp_path / "residents.csv")},)


def test_a_file_given_by_set_counts_from_where_the_command_was_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugins = Plugins()
    plugins.add(Manifest("replay", "data"), vol.Schema({vol.Required("file"): sv.file(outside=True)}))
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "linli.yaml").write_text("replay:\n")
    (tmp_path / "day.csv").write_text("x\n")
    monkeypatch.chdir(tmp_path)
    result = check(load("home", set=["replay.file=day.csv"], env={}), plugins)
    assert result.report.lines() == ()
    assert result.settings("replay") == ({"file": str(tmp_path / "day.csv")},)


def test_plugins_add_checks_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "linli.yaml").write_text("http: {port: 80}\n")
    deployment = load(tmp_path, env={})

    def low_ports(deployment, sections):  # type: ignore[no-untyped-def]  # a checker as a plugin would write it
        for instance in sections["http"]:
            if instance.settings["port"] < 1024:
                path = (*instance.path, "port")
                yield Problem("invalid", {"message": "needs a privilege"}, deployment.position(path), path)

    report = check(deployment, usual(), checkers=[low_ports]).report
    assert report.lines() == ("linli.yaml:1:14: http.port: needs a privilege",)


def test_a_lock_in_a_list_is_a_warning_and_the_deployment_is_taken_up(tmp_path: Path) -> None:
    report = checked(tmp_path, "incident: {chains: {night: [{!locked who: guard}]}}").report
    assert report.ok
    assert len(report.warnings) == 1


@pytest.mark.parametrize("value", ["topsecretword", "x9", "[1, 2]", "-7", "0x1ffff", "2024-31-12"])
def test_a_wrong_value_from_a_secret_is_named_and_never_shown(tmp_path: Path, value: str) -> None:
    text = "http: {port: !secret web}\ndoorbell: {button: !secret web, ring_for: !secret web, lamps: [!secret web]}"
    found = lines(tmp_path, text, **{"secrets.yaml": f"web: {value}\n"})
    assert "linli.yaml:1:14: http.port: expected a port number" in found[0]
    said = "\n".join(line.partition(": expected ")[2] for line in found)
    assert "the value comes from !secret web and is not shown" in said or "[" in value
    assert value not in said


def test_a_cross_check_of_a_plugin_cannot_repeat_a_secret(tmp_path: Path) -> None:
    def refuses(section: dict[str, object]) -> object:
        raise vol.Invalid(f"{section['code']} is too easy")

    plugins = Plugins()
    plugins.add(Manifest("gate", "data"), vol.Schema(vol.All({"code": sv.string}, refuses)))
    found = lines(tmp_path, "gate: {code: !secret code}", plugins, **{"secrets.yaml": "code: opensesame\n"})
    assert found == ("linli.yaml:1:1: gate: … is too easy",)


def test_every_unknown_name_of_a_comma_list_is_told(tmp_path: Path) -> None:
    plugins = Plugins()
    plugins.add(Manifest("hall", "data"), vol.Schema({"lamps": sv.entity_ids("light")}))
    (tmp_path / "linli.yaml").write_text("hall: {lamps: 'light.a, light.b, light.c'}")
    report = check(load(tmp_path, env={}), plugins, known=lambda kind: {"light.a"}).report
    assert len(report.lines()) == 2


def test_the_core_section_is_checked_as_every_other(tmp_path: Path) -> None:
    text = "linli: {nam: Home, time_zone: Asia/Shangai, country: China, latitude: 130.5, packs: [houshold]}"
    found = lines(tmp_path, text)
    assert [line.split(": ")[1] for line in found] == [
        "linli.nam", "linli.time_zone", "linli.country", "linli.latitude", "linli.packs[0]",
    ]  # fmt: skip
    assert '(did you mean "Asia/Shanghai"?)' in found[1]
    assert "130.5" not in found[3]
    assert '(did you mean "household"?)' in found[4]


def test_plugins_that_wait_for_each_other_are_one_line_at_the_section_that_brings_them(tmp_path: Path) -> None:
    plugins = usual()
    plugins.add(Manifest("chicken", "data", requires=("egg",)))
    plugins.add(Manifest("egg", "data", after=("chicken",)))
    assert lines(tmp_path, "api: {}\nchicken: {}\n", plugins) == (
        "linli.yaml:2:1: chicken: plugins wait for each other: chicken → egg → chicken",
    )
