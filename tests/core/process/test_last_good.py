"""The last good configuration: the whole deployment as it once was, whatever became of its files."""

import json
import shutil

import pytest

from linli.config import load
from linli.config.nodes import plain
from linli.process.last_good import LastGood
from linli.process.way_back import FILE


@pytest.fixture
def deployment(tmp_path):
    """A home under a district, with everything that YAML can be spread over."""
    (tmp_path / "district" / "packs").mkdir(parents=True)
    (tmp_path / "district" / "packs" / "own.yaml").write_text("overview: {}\n")
    (tmp_path / "district" / "linli.yaml").write_text(
        "linli: {name: District, packs: [household, own]}\nhttp: {port: 1}\n"
    )
    home = tmp_path / "home"
    (home / "rooms" / "up").mkdir(parents=True)
    (home / "rooms" / ".hidden").mkdir()
    (home / "linli.yaml").write_text(
        "linli: {extends: ../district/linli.yaml, name: !secret name}\n"
        "http: {port: 8124}\n"
        "helpers: {input_boolean: !include_dir_merge_named rooms, input_number: !include numbers.yaml}\n"
    )
    (home / "secrets.yaml").write_text("name: 桂花里\n")
    (home / "numbers.yaml").write_text("level: {min: 0, max: 3}\n")
    (home / "rooms" / "a.yaml").write_text("one: {name: 一}\n")
    (home / "rooms" / "up" / "b.yaml").write_text("two: {}\n")
    (home / "rooms" / ".hidden" / "c.yaml").write_text("three: {}\n")
    return home


def test_the_deployment_stands_again_after_all_its_files_are_gone(deployment, tmp_path):
    loaded = load(deployment, set=["http.port=9000"])
    before = plain(loaded.tree)
    data = tmp_path / "data"
    data.mkdir()
    LastGood.of(loaded, ("http.port=9000",), at=5.0, code="0.1.0").write(data)
    shutil.rmtree(deployment)
    shutil.rmtree(tmp_path / "district")
    kept = LastGood.read(data)
    again = kept.load()
    assert again.problems == ()
    assert plain(again.tree) == before
    assert again.files == loaded.files
    assert (kept.at, kept.code) == (5.0, "0.1.0")


def test_files_that_came_later_are_not_read(deployment, tmp_path):
    loaded = load(deployment)
    kept = LastGood.of(loaded, (), at=5.0, code="0.1.0")
    (deployment / "rooms" / "later.yaml").write_text("four: {}\n")
    (deployment / "linli.yaml").write_text("{[")
    assert plain(kept.load().tree) == plain(loaded.tree)
    assert load(deployment).problems


def test_it_is_told_whether_the_same_ran_before(deployment):
    ran = LastGood.of(load(deployment), (), at=5.0, code="0.1.0")
    assert LastGood.of(load(deployment), (), at=9.0, code="0.1.0").is_what_ran(ran)
    assert not LastGood.of(load(deployment), ("http.port=1",), at=9.0, code="0.1.0").is_what_ran(ran)
    assert not LastGood.of(load(deployment), (), at=9.0, code="0.2.0").is_what_ran(ran)
    (deployment / "secrets.yaml").write_text("name: 松园\n")
    assert not LastGood.of(load(deployment), (), at=9.0, code="0.1.0").is_what_ran(ran)
    assert not ran.is_what_ran(None)


def test_secrets_are_kept_where_only_the_owner_reads(deployment, tmp_path):
    (tmp_path / FILE).with_suffix(".partial").touch(0o644)
    LastGood.of(load(deployment), (), at=5.0, code="0.1.0").write(tmp_path)
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


WHOLE = {"main": "a", "settings": [], "files": {}, "at": 1.0, "code": "1", "environment": "/"}
ODD = [
    json.dumps({**WHOLE, **odd}).encode()
    for odd in ({"files": []}, {"at": "now"}, {"at": 1e300}, {"settings": 5}, {"files": {"a": 1}})
]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"main": 1}', b"\xff\xfe", *ODD])
def test_a_damaged_copy_counts_as_none(tmp_path, content):
    (tmp_path / FILE).write_bytes(content)
    assert LastGood.read(tmp_path) is None
    assert LastGood.read(tmp_path / "nowhere") is None
