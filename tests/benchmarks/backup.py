"""How long a backup and a restore take: ``python tests/benchmarks/backup.py [MEGABYTES [postgresql]]``.

1000 by default; the target is 1 GB. With ``postgresql`` the data stand on a server that it starts and ends itself.
A quarter of the data is a real journal chain with details, the rest is noise, which no compression makes smaller.
"""

import asyncio
import logging
import os
import resource
import sys
import tempfile
from pathlib import Path

from sqlalchemy import insert, text

from linli.clock import RealClock, stopwatch
from linli.ledger import Ledger
from linli.storage import SYSTEM, Storage, Transaction
from linli.storage.archive import make_identity
from linli.storage.backup import make_backup
from linli.storage.restore import restore_backup
from linli.storage.tables import documents_set_aside

sys.path.insert(0, str(Path(__file__).parents[1]))
from databases import SQLITE, Databases, end_server

log = logging.getLogger("benchmark")

TARGET_S = 15 * 60
ROWS_A_MEGABYTE = 700
DETAILS = {"text": "灯" * 300}


async def fill(storage: Storage, megabytes: int) -> None:
    """Journal rows, then noise."""

    def write_journal(tx: Transaction) -> None:
        for number in range(ROWS_A_MEGABYTE):
            tx.journal("light.renamed", actor=SYSTEM, subject=f"light.{number}", details=DETAILS)

    def write_noise(tx: Transaction) -> None:
        row = {"kind": "noise", "key": "noise", "reason": "benchmark", "at_us": tx.now_us}
        tx.execute(insert(documents_set_aside), [{**row, "value": os.urandom(1 << 19)} for _ in range(2)])

    for number in range(megabytes):
        await (storage.safety if number % 4 == 0 else storage.hub).transaction(
            write_journal if number % 4 == 0 else write_noise
        )


async def worst_lag(end: asyncio.Event) -> float:
    """The longest that the loop was held meanwhile, in seconds."""
    worst = 0.0
    clock = RealClock()
    while not end.is_set():
        began = stopwatch()
        await clock.sleep(0.01)
        worst = max(worst, stopwatch() - began - 0.01)
    return worst


async def size_of(storage: Storage) -> int:
    """Bytes of the databases."""
    if storage.server is None:
        return sum(file.stat().st_size for file in storage.folder.path.glob("*.db"))
    size = text("SELECT pg_database_size(current_database())")
    return int(await storage.hub.read(lambda tx: tx.execute(size).scalar_one()))


async def measure(folder: Path, megabytes: int, databases: Databases) -> float:
    """Seconds of the restore."""
    clock = RealClock()
    ledger = Ledger(clock)
    recipient = make_identity(folder / "key")
    data, new = folder / "data", folder / "new"
    storage = await Storage.open(data, clock=clock, ledger=ledger, database=databases.url(data))
    await fill(storage, megabytes)
    size = await size_of(storage)
    idle, end = asyncio.Event(), asyncio.Event()
    clock.call_later(10, idle.set)
    without = await worst_lag(idle)
    lag = asyncio.ensure_future(worst_lag(end))
    began = stopwatch()
    made = await make_backup(storage, clock, folder / "shelf", [recipient], configuration=None, actor=SYSTEM)
    took = stopwatch() - began
    end.set()
    length = made.sidecar.written.length
    log.info("data %.0f MB; backup %.1f s, %.0f MB; loop held at most %.0f ms (idle before: %.0f ms)",
             size / 1e6, took, length / 1e6, 1000 * await lag, 1000 * without)  # fmt: skip
    await storage.close()
    began = stopwatch()
    await restore_backup(
        made.file, folder / "key", new, clock=clock, ledger=ledger, actor=SYSTEM, database=databases.url(new)
    )
    restored = stopwatch() - began
    back = await Storage.open_for_command(new, clock=clock, ledger=ledger)
    began = stopwatch()
    verification = await back.journal.verify()
    log.info("restore %.1f s (target %d s for 1 GB); journal verify %.1f s, %d rows, holds: %s; peak memory %d MB",
             restored, TARGET_S, stopwatch() - began, verification.rows, verification.holds,
             resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)  # fmt: skip
    await back.close()
    return restored


def main() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    log.setLevel(logging.INFO)
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    kind = sys.argv[2] if len(sys.argv) > 2 else SQLITE
    try:
        with tempfile.TemporaryDirectory(dir=os.environ.get("LINLI_BENCHMARK_FOLDER")) as folder:
            took = asyncio.run(measure(Path(folder), megabytes, Databases(kind)))
    finally:
        end_server()
    if took * 1000 / megabytes > TARGET_S:
        raise SystemExit("restoring 1 GB would take longer than 15 minutes")


if __name__ == "__main__":
    main()
