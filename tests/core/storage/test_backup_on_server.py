"""Data on a server are left to the server's own tools, and that is said."""

import pytest

from linli.storage import SYSTEM, StorageRefused
from linli.storage.archive import make_identity
from linli.storage.backup import make_backup


async def test_a_server_is_not_copied(storage, clock, tmp_path):
    if storage.safety.backend.path is not None:
        pytest.skip("these data are files")
    recipient = make_identity(tmp_path / "key")
    with pytest.raises(StorageRefused, match="own tools"):
        await make_backup(storage, clock, tmp_path / "shelf", [recipient], configuration=None, actor=SYSTEM)
    assert not (tmp_path / "shelf").exists()
