"""``linli: {database: …}``: a wrong address is a line of the check, and so is a library that is missing."""

from pathlib import Path

import pytest

from linli.config import check, load
from linli.config.validators import databases
from linli.plugin.catalog import PluginCatalog


def lines(folder: Path, address: str, language: str = "en") -> list[str]:
    (folder / "linli.yaml").write_text(f"linli:\n  database: {address}\n", encoding="utf-8")
    return list(check(load(folder), PluginCatalog()).report.lines(language))


@pytest.mark.parametrize("address", ["postgresql://me:geheim@db.example.org/linli", "postgres://db:5433/linli"])
def test_the_address_of_a_server_passes(tmp_path: Path, address: str) -> None:
    assert lines(tmp_path, address) == []


@pytest.mark.parametrize("address", ["mysql://me:geheim@db/linli", "postgresql://me:geheim@db", "5", "postgresql:"])
def test_another_address_is_a_line_that_does_not_repeat_it(tmp_path: Path, address: str) -> None:
    (line,) = lines(tmp_path, f'"{address}"')
    assert "linli.yaml:2:" in line
    assert "the address of a PostgreSQL server" in line
    assert "geheim" not in line
    (line,) = lines(tmp_path, f'"{address}"', "zh-Hans")
    assert "PostgreSQL 服务器的地址" in line


def test_a_missing_library_is_a_line_with_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(databases, "DRIVER", "no_such_library")
    (line,) = lines(tmp_path, "postgresql://db/linli")
    assert 'pip install "linli[postgresql]"' in line
