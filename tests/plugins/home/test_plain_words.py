"""A description takes a word of a fixed choice as plain text, as the YAML of a plugin would give it."""

import pytest

from linli import ContractError, EntityCategory
from linli_home.domains.light import ColorMode, Light
from linli_home.domains.sensor import Sensor, SensorStateClass


def test_plain_text_becomes_the_word_that_it_is():
    sensor = Sensor(unique_id="power", state_class="measurement", entity_category="diagnostic")
    assert sensor.state_class is SensorStateClass.MEASUREMENT
    assert sensor.entity_category is EntityCategory.DIAGNOSTIC
    assert sensor.capabilities() == {"state_class": "measurement"}
    assert Light(unique_id="lamp", color_modes=["onoff"]).color_modes == frozenset({ColorMode.ONOFF})


def test_what_is_no_word_of_the_choice_is_one_sentence():
    with pytest.raises(ContractError) as refused:
        Sensor(unique_id="power", state_class="measured")
    known = "measurement, measurement_angle, total, total_increasing"
    assert str(refused.value) == f"sensor power: state_class is 'measured', which is none of {known}"
    with pytest.raises(ContractError, match="color_modes is 'neon', which is none of"):
        Light(unique_id="lamp", color_modes=["neon"])
