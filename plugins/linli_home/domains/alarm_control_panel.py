"""Alarm panels: armed, disarmed, triggered. A broad target (an area, all) never reaches one."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntFlag, StrEnum
from typing import Any, ClassVar, Final

import voluptuous as vol

from linli import Command, InvalidRequest, PluginContext, Rendered, State, given
from linli import schema as sv
from linli_home.home_entity import HomeEntity, features_of


class AlarmControlPanelEntityFeature(IntFlag):
    """What a panel can do, in the bits that clients know."""

    ARM_HOME = 1
    ARM_AWAY = 2
    ARM_NIGHT = 4
    TRIGGER = 8
    ARM_CUSTOM_BYPASS = 16
    ARM_VACATION = 32


class AlarmControlPanelState(StrEnum):
    """How a panel is."""

    DISARMED = "disarmed"
    ARMED_HOME = "armed_home"
    ARMED_AWAY = "armed_away"
    ARMED_NIGHT = "armed_night"
    ARMED_VACATION = "armed_vacation"
    ARMED_CUSTOM_BYPASS = "armed_custom_bypass"
    PENDING = "pending"
    ARMING = "arming"
    DISARMING = "disarming"
    TRIGGERED = "triggered"


class CodeFormat(StrEnum):
    """What a code is made of."""

    NUMBER = "number"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class AlarmControlPanelReading:
    """How it is, and who made it so, where it tells."""

    state: AlarmControlPanelState
    changed_by: str | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class AlarmControlPanel(HomeEntity[AlarmControlPanelReading]):
    """Every command gets ``code`` where one was given; whether it is the right one, the panel decides."""

    domain: ClassVar[str] = "alarm_control_panel"

    guarded: bool = True
    code_format: CodeFormat | None = None
    code_arm_required: bool | None = None
    """Whether arming asks for the code, too; None: if there is one."""
    alarm_disarm: Command | None = None
    alarm_arm_home: Command | None = None
    alarm_arm_away: Command | None = None
    alarm_arm_night: Command | None = None
    alarm_arm_vacation: Command | None = None
    alarm_arm_custom_bypass: Command | None = None
    alarm_trigger: Command | None = None

    @property
    def arms_by_code(self) -> bool:
        """Whether arming asks for the code."""
        return self.code_format is not None if self.code_arm_required is None else self.code_arm_required

    def features(self) -> int:
        bit = AlarmControlPanelEntityFeature
        return features_of({
            bit.ARM_HOME: self.alarm_arm_home,
            bit.ARM_AWAY: self.alarm_arm_away,
            bit.ARM_NIGHT: self.alarm_arm_night,
            bit.TRIGGER: self.alarm_trigger,
            bit.ARM_CUSTOM_BYPASS: self.alarm_arm_custom_bypass,
            bit.ARM_VACATION: self.alarm_arm_vacation,
        })  # fmt: skip

    def render(self, reading: AlarmControlPanelReading) -> Rendered:
        return reading.state.value, {
            "code_format": None if self.code_format is None else self.code_format.value,
            "changed_by": reading.changed_by,
            "code_arm_required": self.arms_by_code,
        }

    def commands(self) -> Mapping[str, Command]:
        return given(
            alarm_disarm=self.alarm_disarm,
            alarm_arm_home=self.alarm_arm_home,
            alarm_arm_away=self.alarm_arm_away,
            alarm_arm_night=self.alarm_arm_night,
            alarm_arm_vacation=self.alarm_arm_vacation,
            alarm_arm_custom_bypass=self.alarm_arm_custom_bypass,
            alarm_trigger=self.alarm_trigger,
        )

    def resolve(self, service: str, data: Mapping[str, Any], state: State | None) -> tuple[str, Mapping[str, Any]]:
        code = data.get("code") or ""
        if service.startswith("alarm_arm") and self.arms_by_code and not code:
            raise InvalidRequest("arming asks for the code", path=("code",))
        return service, {"code": code} if code else {}


_ARMING: Final = {
    "alarm_arm_home": AlarmControlPanelEntityFeature.ARM_HOME,
    "alarm_arm_away": AlarmControlPanelEntityFeature.ARM_AWAY,
    "alarm_arm_night": AlarmControlPanelEntityFeature.ARM_NIGHT,
    "alarm_arm_vacation": AlarmControlPanelEntityFeature.ARM_VACATION,
    "alarm_arm_custom_bypass": AlarmControlPanelEntityFeature.ARM_CUSTOM_BYPASS,
    "alarm_trigger": AlarmControlPanelEntityFeature.TRIGGER,
}


def register(ctx: PluginContext) -> None:
    """Offer disarming, every way of arming, and setting the alarm off."""
    code = {vol.Optional("code"): sv.string}
    ctx.services.register_entity("alarm_control_panel", "alarm_disarm", code)
    for name, feature in _ARMING.items():
        ctx.services.register_entity("alarm_control_panel", name, code, features=[feature])
