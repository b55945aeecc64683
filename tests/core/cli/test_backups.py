"""``linli backup`` and ``linli restore``, as a property office types them."""

from pathlib import Path

import pytest

import databases
from linli.cli.words import say
from linli.jsonbytes import dumps, loads


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return tmp_path / "backup.identity"


@pytest.fixture
def recipient(linli, key: Path) -> str:
    said = linli("backup", "--new-identity", key)
    assert said.code == 0
    return said.lines[0]


@pytest.fixture
def used(linli, data: Path) -> Path:
    """A data folder with a user and a token."""
    assert linli("user", "add", "anna", "--role", "admin", "--data", data, typed="correct horse\n").code == 0
    assert linli("token", "create", "--user", "anna", "--data", data).code == 0
    return data


def onto(data: Path) -> list[str]:
    """Where a restore into this folder has to put the data."""
    url = databases.current.url(data)
    return [] if url is None else ["--database", url]


def archive_in(folder: Path) -> Path:
    [file] = folder.glob("*.age")
    return file


def test_there_and_back(linli, used, recipient, key, tmp_path):
    assert linli("backup", "--to", tmp_path / "shelf", "--recipient", recipient, "--data", used).code == 0
    assert linli("backup", "--to", tmp_path / "again", "--recipient", recipient, "--data", used).code == 0
    same_hub = {file.name.partition("-")[0] for file in tmp_path.glob("*/*.age")}
    assert len(same_hub) == 1
    new = tmp_path / "new"
    said = linli("restore", archive_in(tmp_path / "shelf"), "--identity", key, "--data", new, *onto(new))
    assert said.code == 0, said.err
    assert "linli restore --release" in said.out
    assert ("Let the deployment name the database" in said.out) is bool(onto(new))
    assert "anna" in linli("user", "list", "--data", new).out
    assert linli("token", "list", "--user", "anna", "--data", new).out == ""
    assert linli("journal", "verify", "--data", new).code == 0
    assert linli("restore", "--release", "--data", new).out == "Released: old call chains and timers go on.\n"
    assert linli("restore", "--release", "--data", new).out == "Nothing is held.\n"


def test_the_deployment_says_to_whom_and_where(linli, used, recipient, key, deployment, tmp_path, process):
    yaml = f"linli: {{name: 阳光花园, backup: {{recipients: [{recipient}], folder: ../shelf}}}}\nhome: {{}}\n"
    folder = deployment(databases.current.in_deployment(yaml, used))
    hub = process("run", folder, "--data", used)
    hub.until("Ctrl")
    said = linli("backup", "--data", used)
    hub.ctrl_c()
    hub.ended()
    assert said.code == 0, said.err
    new = tmp_path / "new"
    assert linli("restore", archive_in(tmp_path / "shelf"), "--identity", key, "--data", new, *onto(new)).code == 0
    assert "阳光花园" in (new / "restored_deployment" / "linli.yaml").read_text()
    made = "SELECT count(*) FROM journal WHERE action = 'backup.made'"
    assert databases.current.rows(used, "safety", made) == [(1,)]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["backup"], "--data"),
        (["backup", "--data", "USED"], "--recipient"),
        (["backup", "--data", "USED", "--recipient", "RECIPIENT"], "--to"),
        (["backup", "--data", "USED", "--recipient", "nobody", "--to", "SHELF"], "public age key"),
        (["restore", "--data", "NEW"], "--identity"),
        (["restore", "SHELF", "--identity", "KEY", "--data", "NEW"], "is not there"),
        (["restore", "KEY", "--identity", "SHELF", "--data", "NEW"], "no secret age key"),
        (["restore", "KEY", "--identity", "KEY", "--data", "USED"], "not empty"),
        (["restore", "KEY", "--identity", "KEY", "--data", "NEW"], "damaged"),
        (["restore", "KEY", "--identity", "KEY", "--data", "NEW", "--database", "mysql://x/y"], "postgresql://"),
        (["backup", "--new-identity", "KEY"], "cannot be written"),
    ],
)
def test_what_cannot_be_is_said(linli, used, recipient, key, tmp_path, arguments, sentence):
    places = {"USED": used, "RECIPIENT": recipient, "SHELF": tmp_path / "shelf", "NEW": tmp_path / "n", "KEY": key}
    said = linli(*(places.get(one, one) for one in arguments))
    assert (said.code, said.out) == (1, "")
    assert sentence in said.err
    assert "Traceback" not in said.err


def test_a_chinese_office_reads_chinese(linli, used, recipient, key, tmp_path):
    shelf = tmp_path / "shelf"
    said = linli("backup", "--to", shelf, "--recipient", recipient, "--data", used, lang="zh_CN.UTF-8")
    assert "已备份到" in said.out
    assert (
        "不是空文件夹" in linli("restore", archive_in(shelf), "--identity", key, "--data", used, lang="zh_CN.UTF-8").err
    )


def test_verify_wants_the_heads(linli, used, tmp_path):
    said = linli("journal", "verify", "--heads", tmp_path, "--data", used)
    assert (said.code, said.out) == (1, "")
    assert said.complaints == [say("journal.seal.none", counter=0)]


def test_heads_kept_by_a_hub_are_found_and_damage_is_told(linli, used, deployment, tmp_path, process):
    heads = tmp_path / "heads"
    heads.mkdir()
    yaml = databases.current.in_deployment(f"linli: {{journal: {{heads: {heads}}}}}\nhome: {{}}\n", used)
    hub = process("run", deployment(yaml), "--data", used)
    hub.until("Ctrl")
    hub.ctrl_c()
    hub.ended()
    assert linli("journal", "verify", "--heads", heads, "--data", used).code == 0
    public = linli("journal", "rotate-key", "--data", used).out.split()[-1]
    assert public in (used / "instance.json").read_text()
    assert linli("journal", "verify", "--heads", heads, "--data", used).code == 0
    databases.current.unguard(used)
    deleting = (f"DELETE FROM {table} WHERE writer = 'cli'" for table in ("journal_details", "journal"))
    databases.current.execute(used, "safety", *deleting)
    assert linli("journal", "verify", "--data", used).code == 0, "the chains alone do not show it"
    said = linli("journal", "verify", "--heads", heads, "--data", used)
    assert said.code == 1
    assert "cli" in said.err


def test_it_says_what_is_not_in_it_since_it_stands_on_another_server(linli, used, recipient, tmp_path):
    file = used / "instance.json"
    file.write_bytes(dumps({**loads(file.read_bytes()), "elsewhere": {"recorder": "postgresql://db.example.org/past"}}))
    said = linli("backup", "--to", tmp_path / "shelf", "--recipient", recipient, "--data", used)
    assert said.code == 0
    assert "what recorder keeps in postgresql://db.example.org/past" in said.err
    file.write_bytes(dumps({**loads(file.read_bytes()), "elsewhere": {}}))
    assert "Not in it" not in linli("backup", "--to", tmp_path, "--recipient", recipient, "--data", used).err
