"""What came of a fuzz run, and what in an answer, a log or the memory is a hole."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from soak import trend

MOST_FINDINGS: Final = 20
INSIDES: Final = re.compile(
    r'Traceback \(most recent call last|File \\?"/|site-packages|> object at 0x| at 0x[0-9a-f]{8,}'
)
"""What only whoever builds the hub needs to see."""
LOGS: Final = frozenset({"system_log/list", "get /api/error_log"})
"""They say to administrators which line of the code held the loop; a traceback in them is found in the log itself."""
PARTS: Final = 6
JUDGED_FROM: Final = 200_000
"""Requests until when a slope says something."""
MAY_GROW: Final = 0.05
"""Of what the hub holds, with every :data:`PER` requests."""
PER: Final = 1_000_000
MAY_GROW_AT_FIRST_MB: Final = 40.0


@dataclass
class Found:
    """Everything that was seen."""

    seed: int
    secret: str = ""
    """A word that stands only where the resident may not look."""
    own: str = ""
    """One that stands where they may."""
    sent: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    pings: list[float] = field(default_factory=list)
    memory: list[tuple[int, float]] = field(default_factory=list)
    """(requests and frames until then, MB)."""
    findings: list[str] = field(default_factory=list)
    owns_seen: int = 0
    """Answers to the resident with their own word in them."""
    _known: set[tuple[str, str]] = field(default_factory=set)

    @property
    def has_enough(self) -> bool:
        return len(self.findings) >= MOST_FINDINGS

    def add(self, what: str, whose: str, sent: Any = "") -> None:
        """One hole is one finding, however often it is met."""
        if (what, whose) not in self._known:
            self._known.add((what, whose))
            self.findings.append(f"{what}: {whose} {sent!r}".removesuffix(" ''")[:600])
            print(self.findings[-1], flush=True)

    def note(self, answer: str, whose: str, sent: Any, text: str, *, resident: bool) -> None:
        """An answer that came: ``answer`` is its status or code, ``whose`` the command or address."""
        self.answers[answer] += 1
        if answer == "unknown_error" or (answer.startswith("5") and answer != "503"):
            self.add(answer, whose, sent)
        self.read(whose, text, resident=resident)

    def read(self, whose: str, text: str, *, resident: bool) -> None:
        """What anybody is told: nothing of the hub's insides; nothing that is not theirs."""
        if (whose not in LOGS or resident) and (inside := INSIDES.search(text)):
            self.add("tells of the hub's insides", whose, text[max(inside.start() - 40, 0) : inside.end() + 200])
        if resident and self.secret:
            self.owns_seen += self.own in text
            if self.secret in text:
                at = text.index(self.secret)
                self.add("tells a resident what is not theirs", whose, text[max(at - 100, 0) : at + 100])

    def read_log(self, log: str) -> None:
        """Tracebacks, each once."""
        for said in log.split("\n20"):
            if "Traceback" in said:
                self.add("a traceback in the log", said.strip().rpartition("\n")[2], said[:1500])

    # memory ----------------------------------------------------------------------------------------------------------

    def _lows(self) -> list[trend.Point]:
        """The lowest of each part of the last two thirds: once a minute the hub gives back what it has freed."""
        return trend.settled(self.memory, PARTS, min)

    def slope(self) -> float:
        """MB with every :data:`PER` requests after the warm-up."""
        return trend.median_slope(self._lows()) * PER

    def judge_memory(self) -> None:
        """A long run by its slope, a short one by what it added."""
        if not self.memory:
            return
        first, last = self.memory[0][1], self.memory[-1][1]
        if last > first + MAY_GROW_AT_FIRST_MB:
            self.add("memory grew", f"{first:.0f} → {last:.0f} MB")
        if self.sent >= JUDGED_FROM and self.slope() > MAY_GROW * last:
            self.add("memory is not flat", f"{self.slope():+.1f} MB with every {PER} requests")

    def line(self) -> str:
        pings = sorted(self.pings) or [0.0]
        late, latest = pings[len(pings) * 99 // 100] * 1000, pings[-1] * 1000
        memory = self.memory or [(0, 0.0)]
        return (
            f"seed {self.seed}: {self.sent} requests and frames, "
            f"pings p99 {late:.0f} ms and at most {latest:.0f} ms of {len(pings)}, "
            f"memory {memory[0][1]:.0f} → {memory[-1][1]:.0f} MB ({self.slope():+.1f} MB per million), "
            f"{len(self.findings)} findings; {dict(self.answers.most_common())}"
        )
