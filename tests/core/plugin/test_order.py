"""Which plugins are set up together and which wait; what has no order is named completely."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linli.plugin.manifest import Manifest
from linli.plugin.order import Cycle, OrderError, cycles_in, stages_of, waits_for

NAMES = "abcdefgh"


def plugins(**requires: str) -> dict[str, Manifest]:
    return {name: Manifest(name, "data", requires=tuple(needs)) for name, needs in requires.items()}


def test_plugins_that_wait_for_nothing_are_set_up_together() -> None:
    assert stages_of(plugins(c="ab", a="", b="", d="c")) == [["a", "b"], ["c"], ["d"]]


def test_after_orders_only_what_is_enabled() -> None:
    late = {"late": Manifest("late", "data", after=("early", "absent"))}
    assert stages_of(late) == [["late"]]
    assert stages_of({**late, "early": Manifest("early", "data")}) == [["early"], ["late"]]


def test_a_missing_requirement_is_named_with_who_needs_it() -> None:
    with pytest.raises(OrderError) as caught:
        stages_of(plugins(a="bx", b="y"))
    assert caught.value.lines == (
        "the plugin a requires x, which is not enabled",
        "the plugin b requires y, which is not enabled",
    )


def test_a_cycle_is_named_in_the_direction_of_waiting() -> None:
    with pytest.raises(OrderError) as caught:
        stages_of(plugins(c="a", a="b", b="c", d="a"))
    assert caught.value.lines == ("plugins wait for each other: a → b → c → a",)


def test_requires_one_way_and_after_the_other_is_a_cycle() -> None:
    both = {"a": Manifest("a", "data", requires=("b",)), "b": Manifest("b", "data", after=("a",))}
    with pytest.raises(OrderError, match="a → b → a"):
        stages_of(both)


def test_every_cycle_is_named_beside_what_is_missing() -> None:
    with pytest.raises(OrderError) as caught:
        stages_of(plugins(a="b", b="a", c="d", d="cx"))
    assert [cycle.path for cycle in caught.value.cycles] == ["a → b → a", "c → d → c"]
    assert [(each.domain, each.requires) for each in caught.value.missing] == [("d", "x")]
    assert caught.value.missing[0].message.parameters == {"plugin": "d", "missing": "x"}


graphs = st.dictionaries(st.sampled_from(NAMES), st.sets(st.sampled_from(NAMES), max_size=3))


@given(graphs)
def test_stages_respect_every_wait_or_the_cycles_are_real(graph: dict[str, set[str]]) -> None:
    manifests = {
        name: Manifest(name, "data", requires=tuple(sorted((needs & graph.keys()) - {name})))
        for name, needs in graph.items()
    }
    waits = waits_for(manifests)
    cycles = cycles_in(waits)
    if cycles:
        check_cycles(cycles, waits)
        with pytest.raises(OrderError) as caught:
            stages_of(manifests)
        assert caught.value.cycles == tuple(cycles)
    else:
        check_stages(stages_of(manifests), waits)


def check_cycles(cycles: list[Cycle], waits: Mapping[str, frozenset[str]]) -> None:
    for cycle in cycles:
        assert len(set(cycle.domains)) == len(cycle.domains) >= 2
        assert cycle.domains[0] == min(cycle.domains)
        assert all(later in waits[earlier] for earlier, later in pairwise((*cycle.domains, cycle.domains[0])))


def check_stages(stages: Sequence[Sequence[str]], waits: Mapping[str, frozenset[str]]) -> None:
    at = {name: number for number, stage in enumerate(stages) for name in stage}
    assert at.keys() == waits.keys()
    for name, needs in waits.items():
        assert all(at[need] < at[name] for need in needs)
        assert at[name] == 0 or any(at[need] == at[name] - 1 for need in needs)


@given(graphs)
def test_no_cycle_is_left_after_those_named_are_taken_out(graph: dict[str, set[str]]) -> None:
    graph = {name: {need for need in needs if need in graph} for name, needs in graph.items()}
    taken = {name for cycle in cycles_in(graph) for name in cycle.domains}
    rest = {name: needs - taken for name, needs in graph.items() if name not in taken}
    assert cycles_in(rest) == []


def test_a_plugin_that_waits_for_itself_is_a_cycle_of_one() -> None:
    assert cycles_in({"a": {"a"}}) == [Cycle(("a",))]
    assert Cycle(("a",)).path == "a → a"
