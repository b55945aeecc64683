"""A deployment of many files: includes, secrets, environment, packs, layers and ``--set``."""

from pathlib import Path

import pytest

from linli.config import Deployment, ParsedFiles, load
from linli.errors import LinliError


@pytest.fixture
def write(tmp_path: Path):
    def write(**files: str) -> Path:
        for name, text in files.items():
            path = tmp_path / name.replace("__", "/").replace("_yaml", ".yaml")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        return tmp_path

    return write


def lines(deployment: Deployment) -> list[str]:
    return [problem.line() for problem in deployment.problems]


def test_the_five_includes_bring_files_with_their_positions(write) -> None:
    folder = write(
        linli_yaml="""
a: !include one.yaml
b: {list: !include_dir_list parts, named: !include_dir_named parts}
c: {list: !include_dir_merge_list lists, named: !include_dir_merge_named parts}
""",
        one_yaml="x: 1\n",
        parts__p_yaml="p: 1\n",
        parts__sub__q_yaml="q: 2\n",
        parts__empty_yaml="",
        parts__secrets_yaml="hidden: 1\n",
        lists__a_yaml="[1, 2]\n",
        lists__b_yaml="- 3\n",
    )
    deployment = load(folder)
    assert lines(deployment) == []
    assert deployment.section("a") == {"x": 1}
    assert deployment.section("b") == {
        "list": [{"p": 1}, {"q": 2}],
        "named": {"empty": {}, "p": {"p": 1}, "q": {"q": 2}},
    }
    assert deployment.section("c") == {"list": [1, 2, 3], "named": {"p": 1, "q": 2}}
    assert str(deployment.position(("c", "list", 2))) == "lists/b.yaml:1:3"
    assert str(deployment.position(("b", "named", "q", "q"))) == "parts/sub/q.yaml:1:4"
    assert str(deployment.key_position(("a",))) == "one.yaml:1:1"
    assert deployment.files >= {folder / "linli.yaml", folder / "lists" / "b.yaml"}


def test_an_include_counts_from_the_file_that_names_it(write) -> None:
    folder = write(linli_yaml="a: !include sub/one.yaml", sub__one_yaml="b: !include two.yaml", sub__two_yaml="3")
    assert load(folder).section("a") == {"b": 3}


def test_merged_files_that_name_a_key_twice_are_told(write) -> None:
    folder = write(linli_yaml="a: !include_dir_merge_named d", d__x_yaml="k: 1", d__y_yaml="k: 2")
    assert lines(load(folder)) == ['d/y.yaml:1:1: a.k: the key "k" stands in d/x.yaml:1 already']


def test_missing_and_circular_includes_are_lines_with_paths(write) -> None:
    folder = write(
        linli_yaml="a: {b: [!include chain.yaml]}\nc: !include x.yaml\n"
        "d: !include_dir_list elder\ne: !include elders\n",
        chains_yaml="1",
        x_yaml="y: !include y.yaml",
        y_yaml="x: !include x.yaml",
        elders__a_yaml="1",
    )
    assert lines(load(folder)) == [
        'linli.yaml:1:9: a.b[0]: chain.yaml does not exist (did you mean "chains.yaml"?)',
        "y.yaml:1:4: c.y.x: includes itself: x.yaml → y.yaml → x.yaml",
        'linli.yaml:3:4: d: the folder elder does not exist (did you mean "elders"?)',
        "linli.yaml:4:4: e: elders is a folder; use !include_dir_list, !include_dir_named or their merge forms",
    ]


def test_includes_that_multiply_are_bounded(write) -> None:
    files = {f"f{n}_yaml": "\n".join(f"k{i}: !include f{n + 1}.yaml" for i in range(10)) for n in range(12)}
    deployment = load(write(linli_yaml="a: !include f0.yaml", f12_yaml="x: 1", **files))
    assert any(problem.key == "include_too_much" for problem in deployment.problems)


def test_a_secret_comes_from_the_nearest_file_and_is_shown_nowhere(write) -> None:
    folder = write(
        linli_yaml="a: {code: !secret door, far: !include sub/one.yaml}\n",
        secrets_yaml="door: 739154\npin: topsecretpin\n",
        sub__one_yaml="near: !secret door\nup: !secret pin\n",
        sub__secrets_yaml="door: nearsecret\n",
    )
    deployment = load(folder)
    assert deployment.section("a") == {"code": 739154, "far": {"near": "nearsecret", "up": "topsecretpin"}}
    assert deployment.hidden_by(("a", "code")) == "!secret door"
    assert deployment.redacted("the code 739154 opens") == "the code … opens"
    assert "nearsecret" not in repr(deployment)


def test_a_missing_secret_names_the_secret_that_was_meant(write) -> None:
    folder = write(linli_yaml="a: !secret door_cod", secrets_yaml="door_code: 1234")
    assert lines(load(folder)) == [
        'linli.yaml:1:4: a: the secret "door_cod" is not in any secrets.yaml from this folder up to the deployment\'s '
        '(did you mean "door_code"?)'
    ]


def test_the_environment_is_read_as_yaml_and_hidden(write) -> None:
    folder = write(linli_yaml="a: {p: !env_var PORT, q: !env_var NONE 8 x, r: !env_var MISSING, s: !env_var NO yes}")
    deployment = load(folder, env={"PORT": "8123"})
    assert deployment.section("a")["p"] == 8123
    assert deployment.section("a")["q"] == "8 x"
    assert deployment.section("a")["s"] is True
    assert deployment.hidden_by(("a", "p")) == "!env_var PORT"
    assert lines(deployment) == [
        "linli.yaml:1:48: a.r: the environment has no variable MISSING, and no default stands behind it"
    ]


def test_layers_merge_maps_and_replace_lists(write) -> None:
    folder = write(
        home__linli_yaml="linli: {extends: ../community}\nincident: {steps: [c], who: {b: 2}}\nrecorder:\n",
        community__linli_yaml="linli: {extends: ../district/linli.yaml, name: 阳光花园}\nincident: {who: {a: 1}}\n",
        district__linli_yaml="linli: {name: 西湖区, country: CN}\nincident: {steps: [a, b], who: {a: 0}}\n"
        "recorder: {x: 1}",
    )
    deployment = load(folder / "home")
    assert lines(deployment) == []
    assert deployment.section("incident") == {"steps": ["c"], "who": {"a": 1, "b": 2}}
    assert deployment.section("recorder") == {"x": 1}
    assert deployment.core["name"] == "阳光花园"
    assert str(deployment.position(("incident", "who", "a"))) == "../community/linli.yaml:2:21"
    origin = deployment.origin(("incident", "who", "a"))
    assert origin is not None
    assert origin.name == "../community/linli.yaml"


def test_a_chain_that_extends_itself_is_a_line(write) -> None:
    folder = write(a__linli_yaml="linli: {extends: ../b}", b__linli_yaml="linli: {extends: ../a/linli.yaml}")
    assert lines(load(folder / "a")) == [
        "../b/linli.yaml:1:18: linli.extends: extends itself: linli.yaml → ../b/linli.yaml → linli.yaml"
    ]


def test_what_a_deployment_extends_must_exist(write) -> None:
    assert lines(load(write(linli_yaml="linli: {extends: ../nowhere}"))) == [
        "linli.yaml:1:18: linli.extends: ../nowhere does not exist"
    ]


def test_no_deployment_is_a_line_and_no_traceback(tmp_path: Path) -> None:
    assert lines(load(tmp_path)) == ["linli.yaml:1:1: there is no deployment: linli.yaml does not exist"]
    assert lines(load(tmp_path / "x" / "linli.yaml")) == [
        "linli.yaml:1:1: there is no deployment: linli.yaml does not exist"
    ]


def test_packs_lie_under_everything_and_ones_own_come_first(write) -> None:
    folder = write(
        linli_yaml="linli: {packs: [household, mine]}\nhttp: {port: 1}\n",
        packs__mine_yaml="http: {port: 2, other: 3}\nalarm: {safety: true}\n"
        "linli: {trusted: [x], grants: {alarm: [serve]}}\n",
    )
    deployment = load(folder)
    assert deployment.section("http") == {"port": 1, "other": 3}
    assert {"api", "home", "overview", "helpers", "pages"} <= set(deployment.plugins)
    assert deployment.safety_domains == {"alarm"}
    assert deployment.section("alarm") == {}
    assert deployment.granted("alarm") == {"serve"}
    assert lines(deployment) == [
        "packs/mine.yaml:3:9: linli.trusted: the pack mine may not set linli.trusted; "
        "a pack may only enable plugins and grant privileges"
    ]


def test_an_empty_section_enables_and_false_switches_off(write) -> None:
    deployment = load(write(linli_yaml="a:\nb: {}\nc: false\nd: [{x: 1}, null]\n"))
    assert deployment.plugins == ("a", "b", "d")
    assert deployment.section("a") == {}
    assert deployment.section("c") is None
    assert [path for path, _ in deployment.instances("d")] == [("d", 0), ("d", 1)]


def test_safety_is_a_key_of_the_core_in_every_instance(write) -> None:
    deployment = load(write(linli_yaml="a: [{x: 1}, {x: 2, safety: true}]\nb: {safety: false}"))
    assert deployment.safety_domains == {"a"}
    assert deployment.section("a") == [{"x": 1}, {"x": 2}]
    assert deployment.section("b") == {}


def test_set_lies_over_everything(write) -> None:
    folder = write(linli_yaml="http: {port: 1}\nbell: [{a: 1}, {a: 2, b: 3}]\n")
    deployment = load(folder, set=["http.port=2", "bell[1].a=[x, 1]", "new.deep.key=yes", "http.host='1'"])
    assert lines(deployment) == []
    assert deployment.section("http") == {"port": 2, "host": "1"}
    assert deployment.section("bell") == [{"a": 1}, {"a": ["x", 1], "b": 3}]
    assert deployment.section("new") == {"deep": {"key": True}}
    assert str(deployment.position(("http", "port"))) == "--set:1:11"
    assert str(deployment.position(("bell", 1, "b"))) == "linli.yaml:2:26"


@pytest.mark.parametrize(
    ("option", "line"),
    [
        ("http.port", "--set:1:1: --set takes key.path=value, got http.port"),
        ("=1", "--set:1:1: --set takes key.path=value, got "),
        ("http.port=!secret x", "--set:1:11: http.port: !secret: no tags may stand here"),
        ("http.port=[1", "--set:1:11: http.port: this is no YAML"),
        ("bell[7].a=1", "--set:1:11: bell[7].a: there is no such item"),
        ("linli.extends=../x", "--set:1:15: linli.extends: --set cannot change what a deployment extends"),
    ],
)
def test_a_wrong_set_is_a_line(write, option: str, line: str) -> None:
    found = lines(load(write(linli_yaml="bell: [{a: 1}]\n"), set=[option]))
    assert len(found) == 1
    assert found[0].startswith(line)


def test_a_changed_file_is_read_again_and_an_unchanged_one_is_not(write, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write(linli_yaml="a: !include one.yaml", one_yaml="1")
    files = ParsedFiles()
    assert load(folder, files=files).section("a") == 1
    write(one_yaml="22")
    reads: list[str] = []
    original = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: reads.append(path.name) or original(path))
    assert load(folder, files=files).section("a") == 22
    assert reads == ["one.yaml"]


def test_sections_are_given_fresh_so_that_nobody_can_change_the_deployment(write) -> None:
    deployment = load(write(linli_yaml="a: {x: [1]}"))
    deployment.section("a")["x"].append(2)
    assert deployment.section("a") == {"x": [1]}


def test_loading_never_raises_ours(write) -> None:
    for text in ("- 1\n", "5", "linli: 3", "linli: {packs: 3, extends: [1], trusted: x, grants: 1}", "a: [1, {b: 2}]"):
        try:
            deployment = load(write(linli_yaml=text))
            _ = deployment.plugins, deployment.safety_domains, deployment.trusted, deployment.granted("a")
        except LinliError as error:
            pytest.fail(f"{text}: {error}")
