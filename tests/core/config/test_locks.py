"""Overlays: maps merge, lists are replaced, and what is locked above changes below only in its direction."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.config.catalogs import usual
from linli.config import check, load
from linli.config.merge import merge, same
from linli.config.nodes import Entry, Items, Node, Scalar, Table, find, plain
from linli.config.position import Position


def lines(tmp_path: Path, above: str, below: str, *settings: str) -> tuple[str, ...]:
    for name, text in (("district", above), ("home", f"linli: {{extends: ../district}}\n{below}")):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "linli.yaml").write_text(text, "utf-8")
    return check(load(tmp_path / "home", env={}, set=settings), usual()).report.lines()


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("incident: {!locked confirm_window: 20s}", "incident: {confirm_window: 10s}"),
        ("incident: {!locked confirm_window: 20s}", "incident: {confirm_window: 20s}"),
        ("incident: {!locked confirm_window: 1m}", 'incident: {confirm_window: "00:01:00"}'),
        ("incident: {!locked people: 2}", "incident: {people: 3}"),
        ("incident: {!locked classes: [a]}", "incident: {classes: [b, a]}"),
        ("!locked incident: {confirm_window: 20s, people: 2}", "incident: {people: 4}"),
        ("!locked http: {port: 1}", "http: {port: 1}"),
        ("!locked http: {port: 1}", "http:"),
    ],
)
def test_stricter_or_equal_passes(tmp_path: Path, above: str, below: str) -> None:
    assert lines(tmp_path, above, below) == ()


@pytest.mark.parametrize(
    ("above", "below", "path"),
    [
        ("incident: {!locked confirm_window: 20s}", "incident: {confirm_window: 30s}", "incident.confirm_window"),
        ("incident: {!locked people: 2}", "incident: {people: 1}", "incident.people"),
        ("incident: {!locked classes: [a, b]}", "incident: {classes: [a]}", "incident.classes"),
        ("!locked incident: {confirm_window: 20s}", "incident: {confirm_window: 30s}", "incident.confirm_window"),
        ("http: {!locked port: 1}", "http: {port: 2}", "http.port"),
        ("!locked http: {port: 1}", "http: {port: 2}", "http.port"),
        ("!locked http: {}", "http: {port: 2}", "http.port"),
        ("http: {!locked port: 1}", "http: false", "http.port"),
        ("!locked http: {}", "http: false", "http"),
        ("doorbell: {button: event.a, !locked code: abcd}", "doorbell: [{button: event.a}]", "doorbell.code"),
    ],
)
def test_anything_else_is_one_line(tmp_path: Path, above: str, below: str, path: str) -> None:
    found = [line for line in lines(tmp_path, above, below) if "is locked in ../district/linli.yaml:1:" in line]
    assert len(found) == 1
    assert found[0].split(": ")[1] == path


def test_a_lock_holds_against_set_too(tmp_path: Path) -> None:
    found = lines(tmp_path, "http: {!locked port: 1}", "", "http.port=2")
    assert found == ("--set:1:11: http.port: is locked in ../district/linli.yaml:1:8 and may not be changed",)


@pytest.mark.parametrize(
    ("above", "below"),
    [
        ("linli: {packs: [strict]}", ""),
        ("linli: {packs: [strict]}", "linli: {extends: ../district, packs: [strict]}"),
        ("linli: {!locked packs: [strict]}", "linli: {extends: ../district, packs: [strict]}"),
    ],
)
def test_a_home_lifts_no_lock_by_a_pack_of_the_same_name(tmp_path: Path, above: str, below: str) -> None:
    for layer, text in (("district", "http: {!locked port: 1}"), ("home", "http: {port: 2}")):
        (tmp_path / layer / "packs").mkdir(parents=True)
        (tmp_path / layer / "packs" / "strict.yaml").write_text(text, "utf-8")
    (tmp_path / "district" / "linli.yaml").write_text(above, "utf-8")
    (tmp_path / "home" / "linli.yaml").write_text(f"{below or 'linli: {extends: ../district}'}\nhttp: {{port: 2}}\n")
    found = check(load(tmp_path / "home", env={}), usual()).report.lines()
    assert len(found) == 2
    assert "http.port: is locked in ../district/packs/strict.yaml:1:8" in " ".join(found)
    assert "packs/strict.yaml:1:1: is not read: ../district/linli.yaml names the pack strict" in " ".join(found)


def test_a_home_has_packs_of_its_own_names(tmp_path: Path) -> None:
    (tmp_path / "home" / "packs").mkdir(parents=True)
    (tmp_path / "home" / "packs" / "mine.yaml").write_text("http: {port: 3}", "utf-8")
    (tmp_path / "district").mkdir()
    (tmp_path / "district" / "linli.yaml").write_text("linli: {packs: [other]}\nhttp: {port: 1}", "utf-8")
    (tmp_path / "home" / "linli.yaml").write_text("linli: {extends: ../district, packs: [mine]}", "utf-8")
    assert check(load(tmp_path / "home", env={}), usual()).report.lines() == ()


def test_a_lock_made_in_the_middle_holds_below(tmp_path: Path) -> None:
    (tmp_path / "top").mkdir()
    (tmp_path / "top" / "linli.yaml").write_text("http: {port: 1}")
    found = lines(tmp_path, "linli: {extends: ../top}\nhttp: {!locked port: 2}", "http: {port: 3}")
    assert len(found) == 1


def test_a_weakened_secret_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "district").mkdir()
    (tmp_path / "district" / "secrets.yaml").write_text("window: 10s\n")
    found = lines(tmp_path, "incident: {!locked confirm_window: !secret window}", "incident: {confirm_window: 30s}")
    assert "a hidden value there" in found[0]
    assert "10s" not in found[0]


START = Position("a.yaml", 1, 1)


def tables(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Table]:
    entries = st.builds(Entry, inner, st.just(START), st.sampled_from([None, None, START]))
    return st.dictionaries(st.sampled_from("abc"), entries, max_size=3).map(lambda found: Table(found, START))


trees: st.SearchStrategy[Node] = st.recursive(
    st.integers(0, 3).map(lambda value: Scalar(value, START)),
    lambda inner: st.lists(inner, max_size=3).map(lambda parts: Items(parts, START)) | tables(inner),
    max_leaves=10,
)


def merged(above: Any, below: Any) -> Any:
    """What merging means, on plain values."""
    if not isinstance(above, dict) or not isinstance(below, dict):
        return below
    return {**above, **{key: merged(above[key], value) if key in above else value for key, value in below.items()}}


@given(tables(trees), tables(trees))
def test_merging_maps_and_replacing_the_rest_is_all_that_happens(above: Table, below: Table) -> None:
    tree, _ = merge(above, below)
    assert plain(tree) == merged(plain(above), plain(below))


@given(tables(trees), tables(trees), tables(trees))
def test_a_map_that_was_replaced_in_the_middle_does_not_come_back(one: Table, two: Table, three: Table) -> None:
    tree, _ = merge(merge(one, two)[0], three)
    assert same(plain(tree), merged(merged(plain(one), plain(two)), plain(three)))


@given(tables(trees), tables(trees))
def test_no_locked_value_changes_without_being_told(above: Table, below: Table) -> None:
    tree, changes = merge(above, below)
    told = {change.lock_path for change in changes}
    for path in locked_paths(above):
        before, after = find(above, path), find(tree, path)
        assert before is not None
        if after is None or not same(plain(before), plain(after)):
            covered = [path[:length] for length in range(1, len(path) + 1)]
            assert any(prefix in told for prefix in covered)


@given(tables(trees))
def test_merging_a_layer_over_itself_changes_nothing(tree: Table) -> None:
    again, changes = merge(tree, tree)
    assert plain(again) == plain(tree)
    assert [change for change in changes if not inside_list(tree, change.lock_path)] == []


def inside_list(tree: Table, path: tuple[str | int, ...]) -> bool:
    return any(isinstance(find(tree, path[:length]), Items) for length in range(len(path)))


def locked_paths(node: Node, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found: list[tuple[str | int, ...]] = []
    if isinstance(node, Table):
        for key, entry in node.entries.items():
            found += [(*path, key)] if entry.locked else []
            found += locked_paths(entry.node, (*path, key))
    return found


@pytest.mark.parametrize(("below", "passes"), [("[]", True), ("[lobby]", True), ("[root]", False)])
def test_locked_default_places_may_only_become_fewer(tmp_path: Path, below: str, passes: bool) -> None:
    home = f"linli: {{extends: ../district, default_places: {below}}}"
    for name, text in (("district", "linli: {!locked default_places: [lobby]}"), ("home", home)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "linli.yaml").write_text(text, "utf-8")
    found = check(load(tmp_path / "home", env={}), usual()).report.lines()
    assert (found == ()) is passes
    assert passes or "lose entries" in found[0]
