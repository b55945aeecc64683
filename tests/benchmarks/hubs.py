"""Starts what is measured: a linli hub, a real Home Assistant with its recorder, and the bare limit."""

import contextlib
import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
HUBMETER = Path(os.environ.get("HUBMETER") or ROOT.parent / "shared" / "hubmeter")
HERE = Path(__file__).resolve().parent
HA_VERSION = "2025.4.4"
DEPLOYMENT = """\
linli: {name: Bench, time_zone: UTC, latitude: 52.0, longitude: 4.0, elevation: 1, unit_system: metric}
http: {}
api: {}
home: {}
helpers: {}
"""
PAST = "recorder: {}\nhistory: {}\n"


@dataclass(frozen=True, slots=True)
class Running:
    """A hub that runs: where, with which token, which process, and how to start it again on the same data."""

    url: str
    token: str
    pid: int
    command: tuple[str, ...]


def free_port() -> int:
    """A port of loopback that nobody has just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ended(pid: int, patience_s: float = 40) -> None:
    """End one process that we started, politely, then not."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    give_up = time.monotonic() + patience_s
    while time.monotonic() < give_up:
        with contextlib.suppress(ChildProcessError):
            if os.waitpid(pid, os.WNOHANG)[0] == 0:
                time.sleep(0.1)
                continue
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def wait_for(url: str, status: int, process: subprocess.Popen[bytes], patience_s: float = 60) -> None:
    """Until the address answers with that status."""
    give_up = time.monotonic() + patience_s
    while time.monotonic() < give_up:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                seen = answer.status
        except urllib.error.HTTPError as refused:
            seen = refused.code
        except OSError:
            seen = 0
        if seen == status:
            return
        if process.poll() is not None:
            raise SystemExit(f"the hub ended with {process.returncode}; its output is beside its data")
        time.sleep(0.02)
    raise SystemExit(f"no answer from {url}")


@contextlib.contextmanager
def linli(folder: Path, more: str = PAST) -> Iterator[Running]:
    """A linli hub with an administrator and a token; ``more`` stands below what every hub has."""
    port = free_port()
    folder.mkdir(parents=True)
    deployment, data = folder / "linli.yaml", folder / "data"
    deployment.write_text(DEPLOYMENT + more, encoding="utf-8")
    program = str(Path(sys.executable).parent / "linli")
    if not Path(program).exists():
        raise SystemExit(f"{program} is missing: pip install -e .")
    command = (program, "run", str(deployment), "--data", str(data), "--host", "127.0.0.1", "--port", str(port))
    with (folder / "output.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        wait_for(f"http://127.0.0.1:{port}/api/", 401, process)
        user = [program, "user", "add", "bench", "--role", "admin", "--data", str(data)]
        subprocess.run(user, input=b"\n", stdout=subprocess.DEVNULL, check=True, timeout=60)
        make = [program, "token", "create", "--user", "bench", "--data", str(data)]
        token = subprocess.run(make, stdout=subprocess.PIPE, check=True, timeout=60).stdout.decode().strip()
        yield Running(f"http://127.0.0.1:{port}", token, process.pid, command)
    finally:
        ended(process.pid)


def linli_with_rules(folder: Path) -> contextlib.AbstractContextManager[Running]:
    """The same with the plugin of automations, which Home Assistant always has."""
    return linli(folder, PAST + "automation: []\n")


def linli_alone(folder: Path) -> contextlib.AbstractContextManager[Running]:
    """The same without a recorder, which the limit has not."""
    return linli(folder, "")


@contextlib.contextmanager
def home_assistant(hass: Path, folder: Path) -> Iterator[Running]:
    """A throwaway Home Assistant with recorder and history, provisioned by hubmeter's ``ha_peer.py``."""
    peer = str(HUBMETER / "ha_peer.py")
    up = [sys.executable, peer, "up", "--hass", str(hass), "--config", str(folder), "--port", str(free_port())]
    told = json.loads(subprocess.run(up, stdout=subprocess.PIPE, check=True, timeout=180).stdout)
    try:
        yield Running(told["url"], told["token"], told["pid"], tuple(told["start_cmd"]))
    finally:
        subprocess.run([sys.executable, peer, "down", "--config", str(folder)], check=False, timeout=90)


@contextlib.contextmanager
def limit(folder: Path) -> Iterator[Running]:
    """hubmeter's bare server: aiohttp, a dict, orjson."""
    del folder  # it writes nothing
    port = free_port()
    command = (sys.executable, str(HUBMETER / "limit_stub.py"), "--port", str(port))
    process = subprocess.Popen(command, start_new_session=True)
    try:
        wait_for(f"http://127.0.0.1:{port}/api/", 200, process)
        yield Running(f"http://127.0.0.1:{port}", "x", process.pid, command)
    finally:
        ended(process.pid)


def peer() -> Path | None:
    """The ``hass`` command to compare with: HASS, or one made under ``.make/ha`` where Python 3.13 is at hand."""
    if named := os.environ.get("HASS"):
        return Path(named)
    made = ROOT / ".make" / "ha"
    hass = made / "bin" / "hass"
    if (made / "complete").exists():
        return hass
    python = shutil.which("python3.13")
    if python is None or subprocess.run([python, "--version"], capture_output=True, check=False).returncode:
        return None  # a version manager's stand-in may be found and not run
    print(f"Installing Home Assistant {HA_VERSION} into {made} (several minutes, once) …", file=sys.stderr)
    subprocess.run([python, "-m", "venv", str(made)], check=True)
    pip = [str(made / "bin" / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*pip, f"homeassistant=={HA_VERSION}"], check=True)
    subprocess.run([*pip, *_requirements(made)], check=True)
    (made / "complete").touch()
    return hass


def _requirements(venv: Path) -> list[str]:
    """What the integrations that always start, and those of the measured configuration, ask for in their manifests."""
    components = next(venv.glob("lib/python*/site-packages/homeassistant/components"))
    open_ones = ["frontend", "recorder", "history", "automation", "backup", "analytics", "application_credentials"]
    open_ones += [
        "hardware",
        "network",
        "person",
        "scene",
        "script",
        "tag",
        "zone",
        "system_health",
        "camera",
        "intent",
    ]
    seen: set[str] = set()
    wanted: list[str] = []
    while open_ones:
        domain = open_ones.pop()
        if domain not in seen:
            seen.add(domain)
            manifest = json.loads((components / domain / "manifest.json").read_text(encoding="utf-8"))
            wanted += manifest.get("requirements", [])
            open_ones += manifest.get("dependencies", [])
    return sorted(set(wanted))


def has_hubmeter() -> bool:
    """Whether the instrument is there: beside the repository, or where HUBMETER says."""
    return (HUBMETER / "hubbench").exists() and importlib.util.find_spec("orjson") is not None
