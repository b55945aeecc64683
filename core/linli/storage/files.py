"""Putting a finished file in another's place so that a power cut leaves one of the two."""

import os
from pathlib import Path


def replace_durably(partial: Path, target: Path) -> None:
    """Put the finished file ``partial`` in ``target``'s place; after a power cut either the old or the new stands."""
    handle = os.open(partial, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    partial.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
