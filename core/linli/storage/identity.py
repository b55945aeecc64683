"""Whose data a database holds: the identity of a hub stands in it too, and goes where the data go.

A data folder that is given another server's database, an empty one by a mistyped name or an old one after a restore,
would otherwise begin anew without a word: whoever was a user there would be none here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from linli.storage.document import DocumentKind
from linli.storage.errors import StorageRefused

if TYPE_CHECKING:
    from linli.storage.database import Database
    from linli.storage.documents import Documents

KIND: Final = DocumentKind("core.instance")
KEY: Final = "identity"


def require_begun(safety: Database, *, known: bool) -> None:
    """Refuse a server's database in which nothing was ever committed, where the folder's hub has run on a server.

    Asked before anything is made in it, so that it stays as it was found.
    """
    if known and safety.newest_us == 0:
        raise StorageRefused(
            f"the database {safety.backend.where} is empty, but the hub of this data folder has run on a server: "
            "correct the address, restore a backup into it, or give a new folder with --data",
            key="storage.server_empty",
            parameters={"server": safety.backend.where},
        )


async def find_identity(documents: Documents) -> str | None:
    """Whose the data are; None: nobody has said it yet."""
    found = await documents.get(KIND.name, KEY)
    return None if found is None else str(found.value["instance_id"])


async def keep_identity(documents: Documents, instance_id: str) -> None:
    """Say whose they are."""
    await documents.put(KIND.name, KEY, {"instance_id": instance_id})


def other_hubs(safety: Database, found: str, own: str) -> StorageRefused:
    """The refusal of data that are another hub's."""
    return StorageRefused(
        f"the database {safety.backend.where} is that of the hub {found}, but this data folder is that of {own}: give "
        "each its own, or a new folder with --data",
        key="storage.server_of_another",
        parameters={"server": safety.backend.where, "found": found, "own": own},
    )
