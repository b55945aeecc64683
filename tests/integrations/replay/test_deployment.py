"""The deployment that plays a recording is whole once the recording is named."""

from pathlib import Path

from linli.config import check, load
from linli.plugin.catalog import PluginCatalog

HOME = Path(__file__).resolve().parents[3] / "configs" / "recorded-home"


def lines(*given: str) -> tuple[str, ...]:
    return check(load(HOME, set=given), PluginCatalog(None)).report.lines()


def test_it_is_whole_with_a_recording(tmp_path):
    recording = tmp_path / "recording.txt"
    recording.write_text("", encoding="utf-8")
    assert lines(f"replay.file={recording}") == ()


def test_it_asks_for_the_recording_and_for_nothing_else():
    (line,) = lines()
    assert 'replay.file: required key "file" is missing' in line
