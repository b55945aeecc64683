"""A migration history: where its files are, which revisions they hold (read without Alembic), which code may run on it.

A history is a folder of Alembic revisions in one line, and belongs to one domain. Each file says, at the left margin::

    revision = "0002"
    down_revision = "0001"
    oldest_code = "0.1.0"      # safety histories: the oldest code that may run on what this revision leaves
"""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from sqlalchemy import MetaData

from linli.errors import ContractError

CODE: Final = "0.1.0"
"""The version of the schema that the core's own histories are written for."""

ASSIGNMENT: Final = re.compile(
    r"^(revision|down_revision|oldest_code)\s*(?::[^=\n]+)?=\s*(?:[\"']([^\"'\n]+)[\"']|None)", re.MULTILINE
)
TAKING: Final = frozenset({"drop_table", "drop_column", "drop_constraint", "alter_column", "rename_table"})
"""Alembic operations after which older code does not find what it knew; the batch form has the same names."""
TAKING_SQL: Final = re.compile(r"\b(DROP\s|RENAME\s|DELETE\s+FROM|TRUNCATE\s)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Revision:
    """One step of a history, as its file says."""

    name: str
    previous: str | None
    oldest_code: str | None
    file: Path


@dataclass(frozen=True, slots=True)
class History:
    """The migrations of one domain in one database."""

    domain: str
    """``core``, ``auth``, or the plugin's; its version table is ``linli_DOMAIN_version``."""
    folder: Path
    metadata: MetaData | None = None
    """What all revisions together make: a fresh database is made from it without importing Alembic."""
    safety: bool = False
    """Only adds, and names the oldest code that may run on it."""
    code: str = CODE
    """Version of the code that brings this history (a plugin's own version)."""

    @classmethod
    def of_package(
        cls,
        domain: str,
        package: str,
        metadata: MetaData | None = None,
        *,
        safety: bool = False,
        code: str = CODE,
    ) -> Self:
        """The history whose files lie in ``package`` (``linli_incident.migrations``); the files are not imported."""
        found = importlib.util.find_spec(package)
        places = list(found.submodule_search_locations or ()) if found is not None else []
        if not places:
            raise ContractError(f"{domain}: there is no package {package} with migrations")
        return cls(domain, Path(places[0]), metadata, safety, code)

    @property
    def version_table(self) -> str:
        """Where Alembic notes the revision."""
        return f"linli_{self.domain}_version"

    def revisions(self) -> list[Revision]:
        """All revisions, oldest first; raises ContractError unless they form one line."""
        found = {revision.previous: revision for revision in self._files()}
        line: list[Revision] = []
        previous: str | None = None
        while previous in found:
            line.append(found.pop(previous))
            previous = line[-1].name
        if found or not line:
            raise ContractError(f"{self.domain}: the migrations in {self.folder} do not form one line")
        return line

    def _files(self) -> Iterator[Revision]:
        seen: set[str | None] = set()
        for file in sorted(self.folder.glob("*.py")):
            if file.name == "__init__.py":
                continue
            said = {name: value or None for name, value in ASSIGNMENT.findall(file.read_text("utf-8"))}
            name = said.get("revision")
            if name is None or "down_revision" not in said or said["down_revision"] in seen:
                raise ContractError(
                    f"{file}: needs a revision and a down_revision of its own, each on a line of its own"
                )
            seen.add(said["down_revision"])
            yield Revision(name, said["down_revision"], said.get("oldest_code"), file)


def version(text: str) -> tuple[int, ...]:
    """``0.10.2`` as numbers that compare; what follows the first three numbers does not count."""
    return tuple(int(number) for number in re.findall(r"\d+", text)[:3])


def oldest_code(revisions: Sequence[Revision]) -> str | None:
    """The oldest code that may run on what all of these leave; None: only code that knows the last of them."""
    named = [revision.oldest_code for revision in revisions]
    if not named or None in named:
        return None
    return max((name for name in named if name is not None), key=version)


def takings(file: Path) -> list[str]:
    """What a migration takes away or changes, one line each (``file:line: …``); a safety history must have none."""
    problems = []
    for node in ast.walk(_upgrade_of(ast.parse(file.read_text("utf-8")))):
        if isinstance(node, ast.Call):
            what = _taking(node)
            if what is not None:
                problems.append(f"{file}:{node.lineno}: {what}")
    return problems


def _upgrade_of(module: ast.Module) -> ast.AST:
    """The module without its downgrade, which never runs."""
    module.body = [node for node in module.body if not (isinstance(node, ast.FunctionDef) and node.name == "downgrade")]
    return module


def _taking(call: ast.Call) -> str | None:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in TAKING:
        return f"{name} takes away what older code uses"
    if name == "execute":
        texts = [
            node.value for node in ast.walk(call) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        if any(TAKING_SQL.search(text) for text in texts):
            return "this statement takes away or changes what older code uses"
    if name == "add_column" and _adds_required(call):
        return "a column that may not be empty needs a server_default: older code does not fill it"
    return None


def _adds_required(call: ast.Call) -> bool:
    for node in ast.walk(call):
        if isinstance(node, ast.Call) and "Column" in ast.unparse(node.func):
            said = {keyword.arg: keyword.value for keyword in node.keywords}
            nullable = said.get("nullable")
            if isinstance(nullable, ast.Constant) and nullable.value is False and "server_default" not in said:
                return True
    return False
