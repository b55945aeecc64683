"""A damaged store at a real start: the hub runs, says so in the reader's language, and lets nobody in (SAFETY 21)."""

import os
from pathlib import Path

import pytest

HOME = "linli: {name: T, packs: [household]}\n"


@pytest.mark.sqlite_only
@pytest.mark.parametrize("damage", ["garbage", "cut off"])
@pytest.mark.parametrize(("database", "closed"), [("safety", True), ("hub", False)])
def test_a_hub_on_a_damaged_database_runs_and_says_what_is_closed(
    linli, process, deployment, data: Path, damage: str, database: str, closed: bool
):
    linli("user", "add", "anna", "--role", "admin", "--owner", "--data", data, typed="correct horse\n")
    file = data / f"{database}.db"
    for beside in data.glob(f"{database}.db-*"):
        beside.unlink()
    if damage == "garbage":
        file.write_bytes(os.urandom(20_000))
    else:
        os.truncate(file, 5_000)
    hub = process("run", deployment(HOME), "--port", 0, "--data", data, lang="zh_CN.UTF-8")
    hub.until("T 已运行")
    assert f"{database}.db.set-aside-" in hub.until("已损坏，已另存为")
    hub.until("按 Ctrl+C 停止")
    hub.ctrl_c()
    assert hub.ended() == 0
    assert any("暂停登录" in line for line in hub.seen) is closed
    assert not any("setup=" in line for line in hub.seen), "nobody becomes the owner of a damaged store"
