"""Users, tokens and the journal, as they are kept from the command line."""

import subprocess
from pathlib import Path

import pytest

import databases


def add(linli, data: Path, name: str = "anna", role: str = "admin", password: str = "correct horse") -> None:
    said = linli("user", "add", name, "--role", role, "--data", data, typed=f"{password}\n")
    assert said.code == 0, said.err


def rows(data: Path, query: str) -> list[tuple]:
    return databases.current.rows(data, "safety", query)


def everything(data: Path) -> str:
    """All that is kept, as somebody reads it who has the disk or the server."""
    url = databases.current.url(data)
    if url is None:
        return (data / "safety.db").read_bytes().decode("latin-1")
    return subprocess.run(["pg_dump", f"--dbname={url}"], capture_output=True, check=True, text=True).stdout


def test_a_user_is_added_with_the_password_from_standard_input(linli, data):
    said = linli("user", "add", "anna", "--role", "admin", "--data", data, typed="correct horse\n")
    assert (said.code, said.out) == (0, "Added anna as admin.\n")
    [(stored,)] = rows(data, "SELECT secret FROM auth_credential WHERE kind = 'password'")
    assert stored.startswith("$argon2id$")
    assert "correct horse" not in everything(data)


@pytest.mark.parametrize("typed", ["", "\n"])
def test_an_empty_password_means_tokens_only(linli, data, typed):
    assert linli("user", "add", "robot", "--role", "resident", "--data", data, typed=typed).code == 0
    assert rows(data, "SELECT count(*) FROM auth_user") == [(1,)]
    assert rows(data, "SELECT count(*) FROM auth_credential") == [(0,)]
    assert linli("token", "create", "--user", "robot", "--data", data).code == 0


def test_the_data_folder_is_for_its_owner_alone(linli, data):
    add(linli, data)
    assert data.stat().st_mode & 0o077 == 0
    for file in data.iterdir():
        assert file.stat().st_mode & 0o077 == 0, file.name


@pytest.mark.parametrize(
    ("name", "role", "password", "sentence"),
    [
        ("anna", "resident", "correct horse", "taken"),
        ("ben", "boss", "correct horse", "'boss'"),
        ("ben", "resident", "short", "8 characters"),
    ],
)
def test_a_user_that_cannot_be_is_refused_with_a_sentence(linli, data, name, role, password, sentence):
    add(linli, data)
    said = linli("user", "add", name, "--role", role, "--data", data, typed=f"{password}\n")
    assert (said.code, said.out) == (1, "")
    assert sentence in said.err
    assert "Traceback" not in said.err
    assert rows(data, "SELECT count(*) FROM auth_user") == [(1,)]


def test_users_are_listed_given_another_password_and_removed(linli, data):
    add(linli, data)
    add(linli, data, "ben", "resident")
    assert [line.split()[1:] for line in linli("user", "list", "--data", data).lines] == [
        ["admin", "anna", "anna"],
        ["resident", "ben", "ben"],
    ]
    assert linli("user", "password", "ben", "--data", data, typed="another horse\n").code == 0
    assert linli("user", "remove", "ben", "--data", data).code == 0
    assert len(linli("user", "list", "--data", data).lines) == 1


def test_a_token_stands_alone_on_standard_output(linli, data):
    add(linli, data)
    said = linli("token", "create", "--user", "anna", "--data", data)
    assert said.code == 0
    assert said.err == ""
    assert said.out.endswith("\n")
    assert len(said.out.split()) == 1
    assert len(said.out.strip()) >= 32
    assert said.out.strip() not in everything(data), "it is stored hashed"
    assert linli("token", "create", "--user", "anna", "--data", data).out != said.out


def test_tokens_are_listed_without_their_secret_and_revoked(linli, data):
    add(linli, data)
    secret = linli("token", "create", "--user", "anna", "--data", data, "--name", "wall panel").out.strip()
    listed = linli("token", "list", "--user", "anna", "--data", data)
    assert "wall panel" in listed.out
    assert secret not in listed.out
    token_id = listed.out.split()[0]
    assert linli("token", "revoke", token_id, "--data", data).code == 0
    assert linli("token", "list", "--user", "anna", "--data", data).out == ""
    again = linli("token", "revoke", token_id, "--data", data)
    assert (again.code, again.err) == (1, "There is no such token.\n")


@pytest.mark.parametrize(
    "command",
    [
        ("token", "create", "--user", "nobody"),
        ("token", "list", "--user", "nobody"),
        ("user", "remove", "nobody"),
        ("user", "password", "nobody"),
    ],
)
def test_an_unknown_user_is_named(linli, data, command):
    add(linli, data)
    said = linli(*command, "--data", data)
    assert (said.code, said.out, said.err) == (1, "", "There is no user nobody.\n")


def test_a_life_of_no_days_is_refused(linli, data):
    add(linli, data)
    assert linli("token", "create", "--user", "anna", "--data", data, "--days", 0).code == 1


def test_a_new_set_up_link_is_printed_on_request(linli, data):
    add(linli, data)
    said = linli("user", "set-up", "--data", data)
    assert said.code == 0
    assert said.out.startswith("/#setup=")


@pytest.mark.parametrize(
    "command",
    [
        ("user", "list"),
        ("user", "remove", "anna"),
        ("user", "password", "anna"),
        ("user", "set-up"),
        ("token", "create", "--user", "anna"),
        ("token", "list", "--user", "anna"),
        ("token", "revoke", "01ABC"),
        ("journal", "verify"),
    ],
)
def test_a_folder_without_data_is_refused_and_left_as_it_is(linli, data, command):
    said = linli(*command, "--data", data)
    assert (said.code, said.out) == (1, "")
    assert len(said.complaints) == 1
    assert str(data) in said.err
    assert not data.exists()


@pytest.mark.sqlite_only
def test_a_file_that_is_no_database_is_a_sentence(linli, data):
    data.mkdir()
    (data / "safety.db").write_text("not a database, but longer than the head of one" * 40)
    said = linli("user", "list", "--data", data)
    assert said.code == 1
    assert len(said.complaints) == 1


def test_the_journal_of_what_the_commands_did_holds(linli, data):
    add(linli, data)
    linli("token", "create", "--user", "anna", "--data", data)
    said = linli("journal", "verify", "--data", data)
    assert said.code == 0
    assert said.out.startswith("The journal holds: ")


@pytest.mark.parametrize("where", ["first", "last"])
def test_one_changed_byte_of_the_journal_is_found(linli, data, where):
    add(linli, data)
    linli("token", "create", "--user", "anna", "--data", data)
    databases.current.unguard(data)
    order = "ASC" if where == "first" else "DESC"
    [(action, sequence)] = rows(data, f"SELECT action, sequence FROM journal ORDER BY sequence {order} LIMIT 1")
    forged = chr(ord(action[0]) ^ 1) + action[1:]
    forging = f"UPDATE journal SET action = '{forged}' WHERE sequence = {sequence}"
    assert databases.current.execute(data, "safety", forging) == 1
    said = linli("journal", "verify", "--data", data)
    assert (said.code, said.out) == (1, "")
    assert f" {sequence}: " in said.err


def test_places_and_a_person_are_given_with_the_user(linli, data):
    said = linli(
        "user", "add", "anna", "--role", "resident", "--data", data, "--place", "flat-a", "--place", "lobby",
        "--person", "p-1",
    )  # fmt: skip
    assert said.code == 0, said.err
    assert rows(data, "SELECT places, person FROM auth_user") == [('["flat-a","lobby"]', "p-1")]


def test_a_user_without_a_place_waits_for_the_deployments_word(linli, data):
    add(linli, data, role="resident")
    assert rows(data, "SELECT places FROM auth_user") == [("null",)]


def test_an_id_with_a_blank_is_no_place(linli, data):
    said = linli("user", "add", "anna", "--role", "resident", "--data", data, "--place", "flat a")
    assert (said.code, said.out) == (1, "")
