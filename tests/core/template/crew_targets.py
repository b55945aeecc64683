"""Processes that are not what they should be."""

import socket
import sys

import orjson

import linli.template.worker
from linli.process.pipe import BlockingPipe

assert linli.template.worker


def nonsense(sock: socket.socket) -> None:
    BlockingPipe(sock).send(b"what?")


def _ready(sock: socket.socket) -> BlockingPipe:
    pipe = BlockingPipe(sock)
    pipe.send(orjson.dumps(["ready"]))
    pipe.receive()
    return pipe


def lies(sock: socket.socket) -> None:
    """An answer that no renderer gives."""
    _ready(sock).send(orjson.dumps(["done", {"result": {"~": "class", "v": "os:system"}}]))


def chatters(sock: socket.socket) -> None:
    """More than the hub takes."""
    _ready(sock).send(b"x" * (8 << 20))


def asks_too_much(sock: socket.socket) -> None:
    """For what is no reader's."""
    _ready(sock).send(orjson.dumps(["ask", "passwords", None]))


def modules(sock: socket.socket) -> None:
    """What is loaded."""
    pipe = BlockingPipe(sock)
    pipe.send(" ".join(sys.modules).encode())
    pipe.receive()
