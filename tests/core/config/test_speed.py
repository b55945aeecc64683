"""A deployment of 300 files: each is parsed once, also for a second check. As a script it prints what that costs."""

import sys
import tempfile
import time
from pathlib import Path

from linli.config import ParsedFiles, check, load, source
from linli.config.reader import parse

FILES = 300


def write_community(folder: Path) -> None:
    """A community as one writes it: a file for every stairwell, with doorbells, lamps and comments."""
    (folder / "bells").mkdir()
    (folder / "chains").mkdir()
    (folder / "linli.yaml").write_text(
        "linli: {name: 阳光花园, packs: [community]}\n"
        "doorbell: !include_dir_merge_list bells\n"
        "incident: {chains: !include_dir_named chains}\n"
    )
    for number in range(FILES - 50):
        bells = [
            f"- button: event.gate_{number}_{door}\n  ring_for: 30s\n  quiet: 22:00-07:00  # nobody is called\n"
            f"  lamps:\n    - light.stairs_{number}_{door}\n    - light.hall_{number}_{door}\n  volume: 40 %\n"
            for door in range(6)
        ]
        (folder / "bells" / f"stairwell_{number:03}.yaml").write_text("\n".join(bells))
    for number in range(49):
        steps = [f"- who: guard\n  within: {minute}m\n" for minute in range(1, 9)]
        (folder / "chains" / f"chain_{number:03}.yaml").write_text("".join(steps))


def roles(kind: str) -> set[str] | None:
    return {"guard"} if kind == "role" else None


def measure(folder: Path) -> tuple[float, float, int]:
    """CPU seconds of the first and of a second check, and the number of lines."""
    from core.config.catalogs import usual

    files = ParsedFiles()
    spent = []
    lines = 0
    for _ in range(2):
        started = time.process_time()
        report = check(load(folder, env={}, files=files), usual(), known=roles).report
        spent.append(time.process_time() - started)
        lines = len(report.lines())
    return spent[0], spent[1], lines


def test_three_hundred_files_are_parsed_once_and_found_without_mistakes(tmp_path: Path, monkeypatch) -> None:
    parsed: list[str] = []
    monkeypatch.setattr(source, "parse", lambda data, file: parsed.append(file) or parse(data, file))
    write_community(tmp_path)
    _, _, lines = measure(tmp_path)
    assert lines == 0
    own = [file for file in parsed if not file.startswith("<linli>")]
    assert len(own) == len(set(own)) == FILES


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    with tempfile.TemporaryDirectory() as name:
        write_community(Path(name))
        first_s, again_s, _ = measure(Path(name))
        print(f"{FILES} files: {first_s:.3f} s CPU, {again_s:.3f} s with parsed files kept")
