"""hubmeter's fan-out, but each of the 100 sockets is another resident's, with rights that nobody else has.

    HUB_TOKEN=… python residents.py URL PID DATA SCALE REPEAT

Each has the root, where the measured entity is, and a flat that nobody else has, so each looks through another view.
They are made beside the running hub, as ``linli user add NAME --role resident --place root --place flat-1`` makes them.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import hubs

from linli.auth.model import COMMAND_ACTOR
from linli.cli.keeping import with_auth
from linli.ids import ROOT_PLACE, PlaceId

if TYPE_CHECKING:
    from linli.auth import Auth

SOCKETS = 100


def tokens_of_residents(data: Path, kind: str = "resident", count: int = SOCKETS) -> list[str]:
    """Make so many residents, whose names begin with ``kind``; one token each."""

    async def make(auth: "Auth") -> list[str]:
        tokens = []
        for number in range(count):
            name = f"{kind}-{number}"
            places = [ROOT_PLACE, PlaceId(f"flat-{number}")]
            user = await auth.users.create(
                name, role="resident", username=name, password="", places=places, actor=COMMAND_ACTOR
            )
            grant = await auth.tokens.create_long_lived(
                user.id, client_name="bench", lifespan_days=1, actor=COMMAND_ACTOR
            )
            tokens.append(grant.access_token)
        return tokens

    return with_auth(data, make)


def measured(url: str, pid: int, tokens: list[str], scale: float, repeat: int) -> dict[str, float]:
    """The medians of the repeats."""
    sys.path.insert(0, str(hubs.HUBMETER))
    from meter import cases  # type: ignore[import-not-found]  # the instrument lies beside the repository
    from meter.wire import HubWS  # type: ignore[import-not-found]  # the same

    class Residents(cases.Hub):  # type: ignore[misc]  # untyped, like all of the instrument
        """Writes as the administrator, listens as one resident after the other."""

        async def ws(self) -> Any:
            self.nth = getattr(self, "nth", -1) + 1
            return await HubWS.open(self.url, tokens[self.nth])

    options = argparse.Namespace(url=url, token=os.environ["HUB_TOKEN"], pid=pid, scale=scale, subs=SOCKETS)
    runs = [asyncio.run(cases.fanout(Residents(options))) for _ in range(repeat)]
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def main() -> None:
    url, pid, data, scale, repeat = sys.argv[1:]
    tokens = tokens_of_residents(Path(data))
    print(json.dumps(measured(url, int(pid), tokens, float(scale), int(repeat))))


if __name__ == "__main__":
    main()
