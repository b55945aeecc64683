"""Which backend an address asks for."""

from linli.storage.backend import Backend, Synchronous


def make_backend(
    name: str, url: str, synchronous: Synchronous, *, alone: str | None, shrinks: bool = False
) -> Backend:  # fmt: skip
    """The backend for an address; a driver is imported only when an address asks for it.

    ``alone``: the name of this run of a hub, which is to be the only one on the data; None for a command. Where the
    data are files, the lock on their folder says the same.
    """
    if url.startswith("sqlite"):
        from linli.storage.sqlite import SqliteBackend

        return SqliteBackend(name, url, synchronous, shrinks=shrinks)
    from linli.storage.postgresql import PostgresqlBackend

    return PostgresqlBackend(name, url, synchronous, alone=alone)
