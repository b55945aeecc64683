"""How the hubs of a trial begin: most as copies of a zygote, some as new Pythons; below a parent or alone."""

import os
import random
from dataclasses import dataclass, field
from typing import Final

from scenarios.processes import HubProcess
from soak.zygote import Zygote

COLD: Final = 0.15
"""This share begins as its users begin it, with the console script."""
ALONE: Final = 0.4
"""This share has no parent."""
GONE_WITHIN_S: Final = 10.0


@dataclass
class Births(HubProcess):
    """A hub's folder, and the process that was begun on it last."""

    chance: random.Random = field(default_factory=random.Random)
    cold: bool = True
    alone: bool = False
    zygote: Zygote | None = None

    def launch(self) -> None:
        if self.process is not None:
            self.process.wait(GONE_WITHIN_S)  # it was killed, and nobody has asked yet what became of it
        self.alone = self.chance.random() < ALONE
        self.cold = self.chance.random() < COLD
        self.options = ("--alone",) if self.alone else ()
        if self.cold:
            super().launch()
            return
        if self.zygote is None:
            self.zygote = Zygote({**os.environ, **self.environment})
        arguments = ("run", self.folder, "--data", self.data, *self.options)
        self.process = self.zygote.fork(arguments, self.folder / "output.log")

    def close(self) -> None:
        if self.zygote is not None:
            self.zygote.close()
            self.zygote = None
