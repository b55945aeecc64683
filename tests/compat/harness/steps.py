"""The words in which the table of requests is written: a case is a list of steps, an answer is looked at in one way.

Strings in a step may hold ``${name}``: a value saved from an earlier answer of the same case, or one of the names that
the player knows from the start (``host``, ``url``, ``admin``, ``reader``, ``resident``: three bearer tokens, and their
``*_id``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

How = Literal["exact", "shape", "code"]


@dataclass(frozen=True, slots=True)
class Look:
    """What of an answer is kept and held equal.

    ``exact``: all of it. ``shape``: the keys and the types, where the values are a hub's own (its components, its
    services). ``code``: status and error code only. Paths are dotted, ``*`` is any key or any item, and begin in the
    body of an HTTP answer or in each WebSocket message.
    """

    how: How = "exact"
    only: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # path of a list or map: (field or "", value)
    drop: tuple[str, ...] = ()
    maps: tuple[str, ...] = ()  # in a shape: maps whose keys are names and not fields
    unordered: tuple[str, ...] = ()  # lists whose order means nothing
    words: bool = False  # the text of a WebSocket error is held equal too


EXACT = Look()
SHAPE = Look("shape")
CODE = Look("code")


@dataclass(frozen=True, slots=True)
class Http:
    """One request over HTTP. ``user`` is a name of a token, or None for no header; ``raw`` goes out as it is."""

    method: str
    path: str
    json: Any = None
    raw: bytes | None = None
    form: Mapping[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    user: str | None = "admin"
    look: Look = EXACT
    save: Mapping[str, str] = field(default_factory=dict)  # name: path in the body
    events: int = 0  # then so many messages arrive at the main socket


@dataclass(frozen=True, slots=True)
class Open:
    """Open a WebSocket; ``user`` None leaves it before the authentication."""

    socket: str = "main"
    user: str | None = "admin"
    flat: bool = True  # messages that came in one list are told apart


@dataclass(frozen=True, slots=True)
class Send:
    """One message to a WebSocket, and its answers.

    A map without ``id`` gets the next one unless ``numbered`` is off; text and bytes go out as they are. The answer is
    complete when the result of that id (or ``answers`` messages, when there is no id) and ``events`` further messages
    have come, or the socket has closed.
    """

    message: Any
    events: int = 0
    answers: int = 1
    numbered: bool = True
    socket: str = "main"
    look: Look = EXACT
    save: Mapping[str, str] = field(default_factory=dict)  # name: path in the first message that has it


@dataclass(frozen=True, slots=True)
class Hear:
    """So many further messages arrive at a socket."""

    events: int = 1
    socket: str = "main"
    look: Look = EXACT
    save: Mapping[str, str] = field(default_factory=dict)


Step = Http | Open | Send | Hear


@dataclass(frozen=True, slots=True)
class Case:
    """A story of one client: its steps share saved values and sockets, and nothing with other cases."""

    name: str
    steps: tuple[Step, ...]


def case(name: str, *steps: Step) -> Case:
    """A case, written without brackets."""
    return Case(name, steps)


def ws(message_type: str, /, **fields: Any) -> Send:
    """A WebSocket command, compared exactly; ``events``, ``look`` and ``save`` are meant for the step."""
    step = {key: fields.pop(key) for key in ("events", "look", "save", "socket") if key in fields}
    return Send({"type": message_type, **fields}, **step)
