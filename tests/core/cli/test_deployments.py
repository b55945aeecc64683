"""What the commands say of a deployment and of the plugins, without a hub."""

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
HOME = ROOT / "configs" / "home"
GOOD = "linli: {name: Flat}\nhttp: {port: 8124}\n"
BROKEN = "linli: {name: Flat}\nhttp: {prot: 8124, host: 7}\n"
DRAFT_07 = "http://json-schema.org/draft-07/schema#"
TYPES = {"string", "number", "integer", "boolean", "object", "array", "null"}


@pytest.fixture(params=["folder", "file"])
def path_of(request):
    """A deployment may be named by its folder or by its YAML."""
    return lambda folder: folder if request.param == "folder" else folder / "linli.yaml"


def test_a_deployment_with_warnings_is_not_called_free_of_mistakes(linli, deployment):
    said = linli("check", deployment("linli: {name: Flat, trusted: [nobody]}\npages: {}\n"))
    assert (said.code, said.out) == (0, "")
    assert said.complaints[-1] == "0 errors, 1 warning."


def test_a_good_deployment_is_good(linli, deployment, path_of):
    said = linli("check", path_of(deployment(GOOD)))
    assert (said.code, said.err) == (0, "")
    assert "1 plugin." in said.out


def test_the_shipped_home_is_good(linli):
    assert linli("check", HOME).code == 0


def test_every_mistake_is_a_line_with_its_place(linli, deployment, path_of):
    said = linli("check", path_of(deployment(BROKEN)))
    assert (said.code, said.out) == (1, "")
    *lines, counts = said.complaints
    assert len(lines) == 2
    assert lines[0].startswith("linli.yaml:2:8: http.prot: ")
    assert '"port"' in lines[0]
    assert lines[1].startswith("linli.yaml:2:26: http.host: ")
    assert counts == "2 errors, 0 warnings."


@pytest.mark.parametrize("value", ["[" * 100_000, "{a: " * 3000 + "}" * 3000], ids=["lists", "maps"])
def test_what_is_nested_without_end_is_one_line_with_its_place(linli, deployment, value):
    said = linli("check", deployment(f"linli: {{name: Flat}}\nhttp: {{host: {value}}}\n"))
    assert (said.code, said.out) == (1, "")
    line, counts = said.complaints
    assert line.startswith("linli.yaml:2:")
    assert "levels deep" in line
    assert counts == "1 error, 0 warnings."


def test_warnings_are_told_and_do_no_harm(linli, deployment):
    said = linli("check", deployment("linli: {name: Flat}\nhttp:\n  - !locked port: 8124\n"))
    assert said.code == 0, said.err
    assert said.complaints[-1] == "0 errors, 1 warning."
    assert len(said.complaints) == 2


def test_a_value_given_on_the_command_line_is_checked_too(linli, deployment):
    folder = deployment(GOOD)
    assert linli("check", folder, "--set", "http.port=80").code == 0
    assert linli("check", folder, "--set", "http.port=many").code == 1


@pytest.mark.parametrize("command", [("check",), ("plugins",), ("hooks",), ("run",)])
def test_where_there_is_no_deployment_that_is_said(linli, tmp_path, command):
    said = linli(*command, tmp_path / "nowhere")
    assert (said.code, said.out) == (1, "")
    assert "nowhere" in said.complaints[0]


def test_explain_needs_a_deployment_too(linli, tmp_path):
    said = linli("explain", tmp_path / "nowhere", "http.port")
    assert (said.code, said.out) == (1, "")
    assert "nowhere" in said.complaints[0]


def test_explain_names_file_and_line(linli, deployment, path_of):
    said = linli("explain", path_of(deployment(GOOD)), "http.port")
    assert said.code == 0
    assert any(line.startswith("linli.yaml:2:14: http.port is 8124") for line in said.lines)


def test_explain_tells_what_the_command_line_overrode(linli, deployment):
    said = linli("explain", deployment(GOOD), "http.port", "--set", "http.port=9000")
    assert said.code == 0
    assert "9000" in said.out
    assert "overrode 8124" in said.out


def test_explain_tells_a_default(linli, deployment):
    assert "127.0.0.1" in linli("explain", deployment(GOOD), "http.host").out


@pytest.mark.parametrize("key", ["http.nothing", "nothing", "http..port"])
def test_explain_of_an_unknown_key_is_a_sentence(linli, deployment, key):
    said = linli("explain", deployment(GOOD), key)
    assert (said.code, said.out) == (1, "")
    assert key in said.err


def test_the_schema_of_everything_is_draft_07(linli):
    said = linli("schema")
    assert (said.code, said.err) == (0, "")
    schema = json.loads(said.out)
    assert schema["$schema"] == DRAFT_07
    assert {"linli", "http", "demo"} <= set(schema["properties"])
    _assert_sound(schema, schema)


@pytest.mark.parametrize("domain", ["linli", "http", "demo"])
def test_the_schema_of_one_section(linli, domain):
    said = linli("schema", domain)
    schema = json.loads(said.out)
    assert said.code == 0
    assert (schema["$schema"], schema["title"]) == (DRAFT_07, domain)
    _assert_sound(schema, schema)


def _assert_sound(node, root) -> None:
    """Types are the seven that there are, every reference leads somewhere, alternatives are lists of schemas."""
    if isinstance(node, bool):
        return
    assert isinstance(node, dict), node
    kinds = node.get("type", [])
    assert set([kinds] if isinstance(kinds, str) else kinds) <= TYPES
    if "$ref" in node:
        target = root
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
    for word in ("anyOf", "oneOf", "allOf"):
        if word in node:
            assert node[word], f"{word} of nothing"
            for part in node[word]:
                _assert_sound(part, root)
    for word in ("properties", "patternProperties", "definitions"):
        for part in node.get(word, {}).values():
            _assert_sound(part, root)
    for word in ("additionalProperties", "not", "if", "then", "else", "propertyNames", "contains"):
        if word in node:
            _assert_sound(node[word], root)
    items = node.get("items", [])
    for part in items if isinstance(items, list) else [items]:
        _assert_sound(part, root)
    assert isinstance(node.get("required", []), list)


BELL = "import voluptuous as vol\nfrom linli import Manifest\nMANIFEST = Manifest(domain='bell', layer='perception')\n"


def test_the_schema_knows_the_plugins_of_a_deployment(linli, deployment):
    folder = deployment(GOOD)
    (folder / "plugins").mkdir()
    (folder / "plugins" / "bell.py").write_text(f"{BELL}CONFIG = vol.Schema({{vol.Optional('tone'): str}})\n")
    (folder / "plugins" / "rotten.py").write_text("import nowhere_to_be_found\n")
    whole = linli("schema", "--deployment", folder)
    assert whole.code == 0
    assert whole.err.startswith("rotten: ")
    assert "bell" in json.loads(whole.out)["properties"]
    one = linli("schema", "bell", "--deployment", folder)
    assert (one.code, one.err) == (0, "")
    assert "tone" in one.out
    assert linli("schema", "bell").code == 1
    assert linli("schema", "rotten", "--deployment", folder).code == 1


def test_an_unknown_plugin_has_no_schema(linli):
    said = linli("schema", "htpp")
    assert (said.code, said.out) == (1, "")
    assert "htpp" in said.err
    assert 'did you mean "http"?' in said.err
    far = linli("schema", "zzzzzz")
    assert far.code == 1
    assert "did you mean" not in far.err


def test_all_installed_plugins_are_listed(linli):
    said = linli("plugins")
    assert said.code == 0
    listed = {line.split()[0] for line in said.lines[1:]}
    assert {"api", "demo", "helpers", "home", "http", "overview", "pages", "replay"} <= listed


def test_the_plugins_of_a_deployment_are_listed(linli, deployment, path_of):
    said = linli("plugins", path_of(deployment("linli: {name: Flat}\napi: {}\n")))
    listed = {line.split()[0] for line in said.lines[1:]}
    assert said.code == 0
    assert {"api", "http"} <= listed
    assert "demo" not in listed


def test_the_cores_hooks_are_listed_with_what_they_mean(linli, deployment):
    said = linli("hooks", deployment(GOOD))
    assert said.code == 0
    for hook in ("linli_setup(", "linli_setup_entry(", "linli_migrate_entry("):
        at = next(index for index, line in enumerate(said.lines) if line.startswith(hook))
        assert said.lines[at + 1].startswith("    "), "its docstring follows"
        assert len(said.lines[at + 1].split()) > 5
    assert "answered by" in said.out
    assert "Union[" not in said.out
    assert "linli_unload_entry(ctx: PluginContext, entry: ConfigEntry) -> Answer[bool]" in said.lines


def test_a_dropped_in_plugin_that_cannot_be_imported_is_named_among_the_hooks(linli, deployment):
    folder = deployment(GOOD)
    (folder / "plugins").mkdir()
    (folder / "plugins" / "rotten.py").write_text("import nowhere_to_be_found\n")
    said = linli("hooks", folder)
    assert said.code == 0
    assert said.err.startswith("rotten: ")
    assert "linli_setup(" in said.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("check",),
        ("explain", "somewhere"),
        ("run",),
        ("run", "somewhere", "--port", "many"),
        ("user", "add", "anna"),
        ("user", "list"),
        ("token", "create"),
        ("journal", "verify"),
        ("nonsense",),
        ("check", "somewhere", "--nonsense"),
        (),
        ("user",),
    ],
)
def test_a_wrong_command_line_ends_with_2(linli, arguments):
    assert linli(*arguments).code == 2
