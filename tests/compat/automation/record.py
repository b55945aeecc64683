"""Plays every case on a real Home Assistant 2025.4.4 and writes ``golden.json``.

    python tests/compat/automation/record.py --hass VENV/bin/hass

It starts it in a temporary folder on a free port of loopback, and it ends by itself.
"""

import argparse
import json
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run as a file, the tests are not yet importable

from compat.automation.cases import GOLDEN, cases, configuration

HERE = Path(__file__).parent
LONGEST_S = 600


def record(hass: Path, folder: Path) -> dict[str, object]:
    """What Home Assistant did, by case."""
    component = folder / "custom_components" / "probe"
    component.mkdir(parents=True)
    for name in ("__init__.py", "manifest.json"):
        shutil.copy(HERE / "original" / name, component / name)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    place = {"latitude": 48.1, "longitude": 11.6, "time_zone": "Europe/Berlin", "country": "DE", "name": "Home"}
    whole = {
        "homeassistant": place, "http": {"server_host": "127.0.0.1", "server_port": port}, "probe": None,
        "webhook": None, **configuration(),
    }  # fmt: skip
    (folder / "configuration.yaml").write_text(yaml.safe_dump(whole, sort_keys=False, allow_unicode=True))
    (folder / "cases.json").write_text(json.dumps([case.plain() for case in cases()]))
    subprocess.run([hass, "-c", folder, "--skip-pip"], check=False, timeout=LONGEST_S, stdout=subprocess.DEVNULL)
    found: dict[str, object] = json.loads((folder / "played.json").read_text())
    return found


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hass", required=True, type=Path, help="the hass command of Home Assistant 2025.4.4")
    parser.add_argument("--keep", type=Path, help="an empty folder to run it in, kept afterwards")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(exist_ok=True)
        found = record(options.hass, folder)
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(found[name])}" for name in found)
    GOLDEN.write_text(f"{{\n{lines}\n}}\n")
    print(f"{len(found)} cases")


if __name__ == "__main__":
    main()
