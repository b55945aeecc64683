"""Every text that a page asks for exists, in both languages."""

import json
import re
from pathlib import Path

import pytest

import linli_overview
import linli_pages
from linli.translations import flatten, missing_translations

PLUGINS = {"pages": Path(linli_pages.__file__).parent, "overview": Path(linli_overview.__file__).parent}


def asked(folder: Path, domain: str) -> set[tuple[str, str]]:
    """(plugin, key) of each ``t("…")`` in the modules of a folder."""
    found = set()
    for module in folder.rglob("*.js"):
        for name in re.findall(r'\bt\(\s*"([^"]+)"', re.sub(r"//.*", "", module.read_text("utf-8"))):
            plugin, _, key = name.rpartition(":")
            found.add((plugin or domain, key))
    return found


@pytest.mark.parametrize("domain", PLUGINS)
def test_both_languages_are_whole(domain):
    assert missing_translations(PLUGINS[domain]) == []


@pytest.mark.parametrize("domain", PLUGINS)
def test_no_page_asks_for_a_text_that_is_not_there(domain):
    texts = {
        plugin: flatten(json.loads((folder / "translations" / "en.json").read_text("utf-8")))
        for plugin, folder in PLUGINS.items()
    }
    wanted = asked(PLUGINS[domain] / "pages", domain)
    assert len(wanted) > 5
    assert {(plugin, key) for plugin, key in wanted if key not in texts[plugin]} == set()


@pytest.mark.parametrize("domain", PLUGINS)
def test_every_module_is_short_enough_to_read(domain):
    for path in (PLUGINS[domain] / "pages").rglob("*"):
        if path.suffix in (".js", ".css"):
            assert len(path.read_text("utf-8").splitlines()) < 200, path
