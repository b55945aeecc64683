"""The judgement of a measurement: a bound that is missed or cannot be judged must not pass."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

HERE = Path(__file__).parent


def loaded(name: str) -> ModuleType:
    """A module of this folder, which is made of scripts and no package."""
    spec = importlib.util.spec_from_file_location(f"linli_benchmarks_{name}", HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


targets = loaded("targets")


def judged(mine: float | None, peer: float | None = None, limit: float | None = None, **bounds: float) -> bool | None:
    """One row with these figures, held against these bounds."""
    figures = {"linli": mine, "home_assistant": peer, "limit": limit}
    hubs = {hub: {"case": {"figure": value}} for hub, value in figures.items() if value is not None}
    kept: bool | None = targets.judged(targets.Target("row", "case", "figure", "ms", **bounds), hubs).kept
    return kept


@pytest.mark.parametrize(
    ("figures", "bounds", "kept"),
    [
        ((2.0, 10.0), {"to_home_assistant": 0.2}, True),
        ((2.1, 10.0), {"to_home_assistant": 0.2}, False),
        ((13.0, 99.0, 10.0), {"to_limit": 1.35}, True),
        ((14.0, 99.0, 10.0), {"to_limit": 1.35}, False),
        ((10.0,), {"at_most": 10}, True),
        ((10.1,), {"at_most": 10}, False),
        ((0.0,), {"at_most": 0}, True),
        ((2.0,), {"to_home_assistant": 0.2}, None),
        ((None, 10.0), {"to_home_assistant": 0.2}, None),
        ((2.0, 10.0, 1.0), {}, None),
        ((1.0, 10.0), {"to_home_assistant": 0.2, "at_most": 0.5}, False),
        ((50.0, 10.0), {"times_home_assistant": 5.0}, True),
        ((49.0, 10.0), {"times_home_assistant": 5.0}, False),
        ((49.0,), {"times_home_assistant": 5.0}, None),
    ],
)
def test_a_row_is_kept_missed_or_not_judged(figures: tuple[float], bounds: dict[str, float], kept: bool | None) -> None:
    assert judged(*figures, **bounds) is kept


def test_every_row_of_the_table_names_its_figure_once() -> None:
    keys = [(target.case, target.figure) for target in targets.TARGETS]
    assert len(keys) == len(set(keys))
