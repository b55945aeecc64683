"""Reads the recording, makes its sensors, and plays it for as long as the entry lives."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from linli import ConfigEntry, EntityHandle, InvalidRequest, Message, NotReady, PluginContext, Severity, hookimpl
from linli_replay.player import play
from linli_replay.recording import Fault, Recording, Sensor, read_recording
from linli_replay.sensors import describe
from linli_replay.timeline import Change, Start, Timeline, changes, schedule

TOLD_ONE_BY_ONE: Final = 50
"""So many lines that were left out are named in the log; of more, their number."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the YAML says, as values."""

    file: Path
    name: str
    zone: ZoneInfo
    speed: float
    start: Start
    loop: bool

    @classmethod
    def of(cls, data: Mapping[str, Any], zone: ZoneInfo) -> "Settings":
        """From the validated section; ``zone`` is that of the deployment."""
        own = data.get("time_zone")
        return cls(
            file=Path(data["file"]),
            name=data["name"],
            zone=zone if own is None else ZoneInfo(own),
            speed=data["speed"],
            start=Start(data["start"]),
            loop=data["loop"],
        )


@hookimpl
async def linli_setup_entry(ctx: PluginContext, entry: ConfigEntry) -> None:
    """Every sensor of the file is off, then what was recorded begins."""
    settings = Settings.of(entry.data, ctx.settings.zone)
    recording = await _read(ctx, settings)
    _tell_faults(ctx, entry, settings, recording.faults)
    if not recording.activations:
        raise _nothing_to_play(settings, recording.faults)
    handles = {
        sensor: ctx.entities.add(describe(entry.unique_id, sensor, kind)) for sensor, kind in recording.sensors.items()
    }
    for handle in handles.values():
        handle.write(False)
    ctx.spawn(_play(ctx, settings, recording, handles), name="play")


async def _read(ctx: PluginContext, settings: Settings) -> Recording:
    def read() -> Recording:
        with settings.file.open(encoding="utf-8", errors="replace") as lines:
            return read_recording(lines, settings.zone)

    try:
        return await ctx.run_blocking(read)
    except OSError as error:
        raise NotReady(f"{settings.file} cannot be read: {error.strerror}") from error


def _tell_faults(ctx: PluginContext, entry: ConfigEntry, settings: Settings, faults: tuple[Fault, ...]) -> None:
    issue_id = f"left_out_{entry.entry_id}"
    if not faults:
        ctx.issues.clear(issue_id)
        return
    for fault in faults[:TOLD_ONE_BY_ONE]:
        reason = ctx.text(f"flaw.{fault.flaw.value}", "en")
        ctx.log.warning("%s:%d: %s; the line is left out", settings.file, fault.line, reason)
    if len(faults) > TOLD_ONE_BY_ONE:
        ctx.log.warning("%s: %d more lines are left out", settings.file, len(faults) - TOLD_ONE_BY_ONE)
    parameters = {"file": settings.file.name, "count": len(faults), "line": faults[0].line}
    ctx.issues.raise_issue(issue_id, Message("left_out", parameters), severity=Severity.WARNING)


def _nothing_to_play(settings: Settings, faults: tuple[Fault, ...]) -> InvalidRequest:
    """What is wrong with a recording of which not one line can be played."""
    name = settings.file.name
    if not faults:
        sentence = f"{name} holds no activation: nothing stands below its two header lines"
        return InvalidRequest(sentence, key="recording_empty", parameters={"file": name})
    first = faults[0]
    sentence = f"{name} holds no activation that can be played: {len(faults)} lines were left out, the first is line"
    return InvalidRequest(
        f"{sentence} {first.line}",
        key="recording_unusable",
        parameters={"file": name, "count": len(faults), "line": first.line},
    )


async def _play(
    ctx: PluginContext, settings: Settings, recording: Recording, handles: Mapping[Sensor, EntityHandle[bool]]
) -> None:
    played = changes(recording.activations)
    now = ctx.clock.now()
    timeline = Timeline.lay(played, settings.start, settings.speed, now, settings.zone)

    def show(change: Change) -> None:
        handles[change.sensor].write(change.on)

    await play(ctx.clock, schedule(played, timeline, now, loop=settings.loop), show)
    ctx.log.info("%s has been played to its end", settings.name)
