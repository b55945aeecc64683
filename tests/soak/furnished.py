"""The hub that a fuzz run sends to: a furnished home, two flats beside it, an owner, and somebody who lives in one."""

import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from scenarios.processes import HubProcess, linli
from soak.found import Found

PLUGINS: Final = Path(__file__).with_name("plugins")
LIMITS: Final = ", ip_ban_enabled: false, limits: {requests_per_second: 100000, anonymous_per_second: 100000}"
OWNER: Final = "owner"
RESIDENT: Final = "resident"


@dataclass
class House:
    """The hub, and who comes in."""

    hub: HubProcess
    tokens: dict[str, str] = field(default_factory=dict)
    """By name of the user."""


def prepare(folder: Path, found: Found, plugins: Iterable[str]) -> HubProcess:
    """A furnished hub with two flats, not started; ``plugins`` of ours beside it."""
    hub = HubProcess(folder)
    names = ("flats", *plugins)
    more = {"flats": f"own: {found.own}, secret: {found.secret}", "holes": f"folder: {folder}, safety: true"}
    hub.write_deployment("demo: {}\n" + "".join(f"{name}: {{{more[name]}}}\n" for name in names))
    text = (folder / "linli.yaml").read_text(encoding="utf-8")
    text = text.replace("linli: {", f"linli: {{packs: [household], trusted: [{', '.join(names)}], ", 1)
    (folder / "linli.yaml").write_text(text.replace(f"port: {hub.port}", f"port: {hub.port}{LIMITS}"), encoding="utf-8")
    (folder / "plugins").mkdir()
    for name in names:
        shutil.copy(PLUGINS / f"{name}.py", folder / "plugins")
    return hub


def resident(hub: HubProcess) -> str:
    """A token of somebody who lives in the first flat."""
    to = ("--data", hub.data)
    added = linli("user", "add", RESIDENT, "--role", "resident", "--place", "flat_a", *to, given="\n")
    assert added.returncode == 0, added.stderr
    made = linli("token", "create", "--user", RESIDENT, *to)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()
