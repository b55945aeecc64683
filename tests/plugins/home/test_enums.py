"""Device, state classes, modes and feature bits are those of Home Assistant 2025.4.4 (``golden/enums.json``)."""

import json
from enum import Enum
from pathlib import Path
from typing import Any, Final

import pytest

from linli_home import api

GOLDEN: Final[dict[str, list[Any]]] = json.loads((Path(__file__).parent / "golden" / "enums.json").read_text("utf-8"))
NOT_OURS: Final = {
    "CameraEntityFeature": {2},  # streams
    "ClimateEntityFeature": {64},  # auxiliary heat, which is on its way out
    "MediaPlayerEntityFeature": {131072, 1048576, 2097152},  # browsing, announcing, enqueuing
    "TodoListEntityFeature": {8},  # moving items
    "UpdateEntityFeature": {16},  # release notes
    "VacuumEntityFeature": {1, 2, 128, 2048},  # of robots before 2022
}
"""Feature bits that no entity here can have."""
ENUMS: Final = sorted(
    name for name, kind in vars(api).items() if isinstance(kind, type) and issubclass(kind, Enum) and name in GOLDEN
)


@pytest.mark.parametrize("name", ENUMS)
def test_a_list_of_words_or_bits_is_complete(name: str) -> None:
    ours = {member.value for member in getattr(api, name)}
    if name == "SensorDeviceClass":
        ours |= {member.value for member in api.QuantityClass}
    assert ours == set(GOLDEN[name]) - NOT_OURS.get(name, set())


def test_numbers_have_the_quantities_that_sensors_have() -> None:
    assert {member.value for member in api.QuantityClass} == set(GOLDEN["NumberDeviceClass"])
    assert len(ENUMS) >= 30
