"""Finding plugins: installed and dropped in, lazily, with every fault of a door plate as a sentence."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import voluptuous as vol

from linli.plugin.catalog import PluginCatalog, PluginUnusable
from linli.plugin.discovery import Found, discover
from linli.plugin.packages import manifest_above

MANIFEST = "from linli.plugin.manifest import Manifest\nMANIFEST = Manifest({domain!r}, 'data')\n"


@pytest.fixture(autouse=True)
def clean_modules(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if not name.startswith(("linli.", "hypothesis")):
            del sys.modules[name]


def write(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def drop_in(folder: Path, domain: str, body: str = "", name: str | None = None) -> Path:
    return write(folder / (name or domain) / "__init__.py", MANIFEST.format(domain=domain) + body)


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]  # a closure is handed out
    """Install distributions into a folder of their own, as pip leaves them."""
    site = tmp_path / "site"
    monkeypatch.syspath_prepend(str(site))

    def add(distribution: str, **entry_points: str) -> Path:
        metadata = site / f"{distribution.replace('-', '_')}-1.0.dist-info"
        write(metadata / "METADATA", f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        lines = "".join(f"{name} = {value}\n" for name, value in entry_points.items())
        write(metadata / "entry_points.txt", f"[linli.plugins]\n{lines}")
        return site

    return add


def unusable(catalog: PluginCatalog, domain: str) -> PluginUnusable:
    with pytest.raises(PluginUnusable) as caught:
        catalog.get(domain, trusted=True)
    return caught.value


def test_an_installed_plugin_is_found_by_its_entry_point_whatever_its_package_is_called(
    install, tmp_path: Path
) -> None:
    site = install("acme-lift", lift="acme_linli_lift")
    drop_in(site, "lift", "import voluptuous as vol\nCONFIG = vol.Schema({})\n", name="acme_linli_lift")
    catalog = PluginCatalog()
    place = catalog.find("lift")
    assert place is not None
    assert (place.distribution, place.shipped, place.location, place.rivals) == (
        "acme-lift",
        False,
        "acme_linli_lift",
        (),
    )
    entry = catalog.get("lift", trusted=True)
    assert entry is not None
    assert (entry.id, entry.folder) == ("lift", site / "acme_linli_lift")
    assert isinstance(entry.schema, vol.Schema)
    assert manifest_above("acme_linli_lift.api.deep") is entry.manifest


def test_knowing_and_finding_import_nothing(install, tmp_path: Path) -> None:
    site = install("acme-lift", lift="acme_lift")
    drop_in(site, "lift", "raise SystemExit\n", name="acme_lift")
    drop_in(tmp_path / "plugins", "carillon", "raise SystemExit\n")
    catalog = PluginCatalog(tmp_path / "plugins")
    assert {"lift", "carillon"} <= set(catalog.known())
    assert catalog.known() == tuple(sorted(catalog.known()))
    assert catalog.find("carillon") is not None
    assert not {"acme_lift", "carillon"} & set(sys.modules)


def test_what_nobody_brings_is_neither_found_nor_an_error(tmp_path: Path) -> None:
    catalog = PluginCatalog(tmp_path / "no_such_folder")
    assert catalog.find("nothing") is None
    assert catalog.get("nothing", trusted=True) is None


def test_only_the_distribution_linli_itself_is_shipped() -> None:
    assert Found("x", "linli_x", "linli").shipped
    assert not Found("x", "linli_x", "linli-x").shipped
    assert not Found("x", "linli", "linli", dropped_in=Path("linli")).shipped


def test_a_dropped_in_folder_and_a_single_file_are_plugins(tmp_path: Path) -> None:
    drop_in(tmp_path, "bell", name="linli_bell")
    write(tmp_path / "linli_bell" / "plugin.py", "from .model import RINGS\nfrom linli_bell import MANIFEST\n")
    write(tmp_path / "linli_bell" / "model.py", "RINGS = 3\n")
    write(tmp_path / "solo.py", MANIFEST.format(domain="solo"))
    write(tmp_path / "README.md")
    write(tmp_path / "__pycache__" / "x.py")
    write(tmp_path / "notes" / "x.txt")
    write(tmp_path / "not-a-name.py")
    assert [domain for domain, claims in discover(tmp_path).items() if claims[0].dropped_in] == ["bell", "solo"]
    path_before = list(sys.path)
    catalog = PluginCatalog(tmp_path)
    bell, solo = catalog.get("bell", trusted=True), catalog.get("solo", trusted=True)
    assert bell is not None
    assert solo is not None
    assert vars(bell.load("plugin"))["RINGS"] == 3
    assert bell.load("hooks", optional=True) is None
    assert solo.load("plugin") is solo.package
    assert solo.load("hooks", optional=True) is None
    assert (bell.location, bell.distribution, bell.shipped) == ("plugins/linli_bell", "linli_bell", False)
    assert sys.path == path_before


def test_a_single_file_that_declares_hooks_is_its_own_hooks_module(tmp_path: Path) -> None:
    hook = "from linli.plugin.hooks import hookspec\n@hookspec\ndef solo_rang():\n    'Rang.'\n"
    write(tmp_path / "solo.py", MANIFEST.format(domain="solo") + hook)
    entry = PluginCatalog(tmp_path).get("solo", trusted=True)
    assert entry is not None
    assert entry.load("hooks", optional=True) is entry.package


def test_a_module_that_exists_and_fails_is_not_taken_for_absent(tmp_path: Path) -> None:
    drop_in(tmp_path, "bell")
    write(tmp_path / "bell" / "hooks.py", "import nothing_of_that_name\n")
    entry = PluginCatalog(tmp_path).get("bell", trusted=True)
    assert entry is not None
    with pytest.raises(ModuleNotFoundError, match="nothing_of_that_name"):
        entry.load("hooks", optional=True)


def test_two_hubs_in_one_process_have_different_drop_ins_of_one_name(tmp_path: Path) -> None:
    for hub, rings in (("one", 1), ("two", 2)):
        drop_in(tmp_path / hub, "carillon", f"RINGS = {rings}\n")
        write(tmp_path / hub / "carillon" / "plugin.py", "from . import RINGS\n")
    first = PluginCatalog(tmp_path / "one").get("carillon", trusted=True)
    second = PluginCatalog(tmp_path / "two").get("carillon", trusted=True)
    again = PluginCatalog(tmp_path / "one").get("carillon", trusted=True)
    assert first is not None
    assert second is not None
    assert again is not None
    assert [vars(entry.load("plugin"))["RINGS"] for entry in (first, second, again)] == [1, 2, 1]
    assert again.package is first.package
    assert first.package.__name__ == "carillon"


def test_the_second_of_one_name_may_not_reach_into_the_first(tmp_path: Path) -> None:
    drop_in(tmp_path / "one", "bell")
    drop_in(tmp_path / "two", "bell")
    write(tmp_path / "two" / "bell" / "plugin.py", "\nfrom bell.model import X\n")
    PluginCatalog(tmp_path / "one").get("bell", trusted=True)
    error = unusable(PluginCatalog(tmp_path / "two"), "bell")
    assert error.key == "plugin.absolute_import"
    assert error.where == f"{tmp_path / 'two' / 'bell' / 'plugin.py'}:2"


@pytest.mark.parametrize("name", ["calendar", "winreg", "json", "voluptuous"])
def test_a_drop_in_never_hides_a_module_of_python_or_of_another_distribution(tmp_path: Path, name: str) -> None:
    drop_in(tmp_path, name)
    error = unusable(PluginCatalog(tmp_path), name)
    assert error.key == "plugin.name_taken"
    assert f"rename it to linli_{name}" in str(error)
    drop_in(tmp_path / "renamed", name, name=f"linli_{name}")
    assert PluginCatalog(tmp_path / "renamed").get(name, trusted=True) is not None


def test_two_claims_to_one_domain_are_refused_and_both_named(install, tmp_path: Path) -> None:
    site = install("acme-lift", lift="acme_lift")
    install("other-lift", lift="other_lift")
    drop_in(site, "lift", name="acme_lift")
    drop_in(site, "lift", name="other_lift")
    drop_in(tmp_path / "plugins", "lift")
    catalog = PluginCatalog(tmp_path / "plugins")
    place = catalog.find("lift")
    assert place is not None
    assert {place.distribution, *place.rivals} == {"acme-lift", "other-lift", "lift"}
    assert unusable(catalog, "lift").parameters["claimants"] == (place.distribution, *place.rivals)
    assert not {"acme_lift", "other_lift", "lift"} & set(sys.modules)


BROKEN = {
    "raises": ("x = 1\nx / 0\n", "plugin.import_failed", ":2", "ZeroDivisionError: division by zero"),
    "exits": ("import sys\nsys.exit('no')\n", "plugin.import_failed", ":2", "SystemExit: no"),
    "syntax": ("def (:\n", "plugin.import_failed", ":1", "SyntaxError: invalid syntax"),
    "library": ("\n\nimport not_there_at_all\n", "plugin.import_failed", ":3", "No module named 'not_there_at_all'"),
    "manifest": (
        "from linli.plugin.manifest import Manifest\nMANIFEST = Manifest('x', 'nowhere')\n",
        "plugin.import_failed", ":2", "'nowhere' is not a valid Layer",
    ),
    "absent": ("", "plugin.no_manifest", "", "declares no MANIFEST"),
    "wrong": ("MANIFEST = {'domain': 'x'}\n", "plugin.wrong_manifest", "", "MANIFEST is dict, expected linli.Manifest"),
    "other": (MANIFEST.format(domain="lift"), "plugin.wrong_domain", "", "MANIFEST says lift, but"),
    "schema": (MANIFEST.format(domain="broken") + "CONFIG = {}\n", "plugin.wrong_schema", "", "CONFIG is dict"),
}  # fmt: skip


@pytest.mark.parametrize("fault", BROKEN)
def test_a_faulty_door_plate_is_a_sentence_with_its_place(tmp_path: Path, fault: str) -> None:
    body, key, line, said = BROKEN[fault]
    file = write(tmp_path / "broken" / "__init__.py", body)
    catalog = PluginCatalog(tmp_path)
    error = unusable(catalog, "broken")
    assert error.key == key
    assert error.where == f"{file}{line}"
    assert str(error).startswith(f"{file}{line}: ")
    assert said in str(error)
    assert unusable(catalog, "broken") is error
    assert "broken" not in sys.modules or not line


def test_a_fault_below_the_door_plate_names_the_plugins_own_line(tmp_path: Path) -> None:
    write(tmp_path / "broken" / "__init__.py", "import json\njson.loads('{')\n")
    assert unusable(PluginCatalog(tmp_path), "broken").where.endswith("__init__.py:2")


def test_an_entry_point_to_a_package_that_is_not_there_is_a_sentence(install) -> None:
    install("acme-lift", lift="not_there_at_all")
    error = unusable(PluginCatalog(), "lift")
    assert str(error) == (
        "not_there_at_all: the plugin lift could not be read: ModuleNotFoundError: No module named 'not_there_at_all'"
    )
