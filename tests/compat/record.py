"""Records again what a real Home Assistant answers to the table of requests.

    python tests/compat/record.py --hass VENV/bin/hass [GROUP ...]

Starts it in a temporary folder on loopback, plays every case, writes ``golden/GROUP.json``, and ends it.
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a file, the tests are not yet importable

from compat.harness import golden
from compat.harness.original import PAST as REMEMBERING
from compat.harness.original import original
from compat.harness.player import Target, play
from compat.table import GROUPS, PAST


async def record(target: Target, groups: list[str]) -> None:
    """Play the groups and write their files."""
    for group in groups:
        recorded = {}
        for case in GROUPS[group]:
            recorded[case.name] = golden.kept(case, await play(target, case), target.known)
        golden.save(group, recorded)
        silent = [name for name, steps in recorded.items() if "silence" in str(steps)]
        print(f"{group}: {len(recorded)} cases" + (f"; a message was missing in {silent}" if silent else ""))


async def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hass", required=True, type=Path, help="the hass command of Home Assistant 2025.4.4")
    parser.add_argument("--keep", type=Path, help="an empty folder to run it in, kept afterwards")
    parser.add_argument("groups", nargs="*", choices=[*GROUPS, []], help="all, if none is named")
    options = parser.parse_args()
    wanted = options.groups or list(GROUPS)
    with tempfile.TemporaryDirectory() as temporary:
        for name, more, groups in (
            ("plain", "", [group for group in wanted if group not in PAST]),
            ("past", REMEMBERING, [group for group in wanted if group in PAST]),
        ):
            if groups:
                folder = (options.keep or Path(temporary)) / name
                folder.mkdir(parents=True, exist_ok=True)
                async with original(options.hass, folder, more) as target:
                    await record(target, groups)


if __name__ == "__main__":
    asyncio.run(main())
