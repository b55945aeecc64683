"""How much memory the hub below a parent holds."""

from contextlib import suppress
from pathlib import Path

from scenarios.processes import HubProcess


def hub_pid(hub: HubProcess) -> int:
    """The process that serves, below its parent."""
    assert hub.process is not None
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if int((folder / "stat").read_text().rpartition(")")[2].split()[1]) == hub.process.pid:
                return int(folder.name)
    raise LookupError("no hub runs below this parent")


def hub_rss_mb(hub: HubProcess) -> float:
    """Resident memory, in MB."""
    status = Path(f"/proc/{hub_pid(hub)}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024
