"""Names of files and folders of the deployment."""

from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from linli.config.phrases import Phrase, phrase
from linli.config.validators.base import Json, Validator


class file(Validator):
    """A file that must exist, named relative to the deployment's folder; the check makes its path absolute.

    It may not lead out of that folder unless ``outside`` says so (a recording to replay, a mounted share). A relative
    name given by ``--set`` counts from where the command was typed.
    """

    references = "file"

    def __init__(self, *, outside: bool = False, example: str = "residents.csv") -> None:
        self.outside = outside
        self.example: Any = example

    def __call__(self, value: Any) -> str:
        if not isinstance(value, str) or not value.strip() or "\0" in value:
            raise self.refuse(value)
        if not self.outside and leads_outside(value):
            raise self.refuse(value, "path_outside")
        return value

    def json_schema(self) -> Json:
        return {"type": "string", "minLength": 1}

    def selector(self) -> Json:
        return {"text": {}}

    def expects(self) -> Phrase:
        return phrase(f"name_of_{self.references}", example=self.example)


class folder(file):
    """A folder that must exist; otherwise like :class:`file`."""

    references = "folder"

    def __init__(self, *, outside: bool = False, example: str = "media") -> None:
        super().__init__(outside=outside, example=example)


class path(file):
    """A file or folder that need not exist yet; otherwise like :class:`file`."""

    references = "path"

    def __init__(self, *, outside: bool = False, example: str = "exports/day.csv") -> None:
        super().__init__(outside=outside, example=example)


def leads_outside(name: str) -> bool:
    """Whether a path is absolute or climbs above the folder it counts from."""
    if PurePosixPath(name).is_absolute() or PureWindowsPath(name).drive or name.startswith("~"):
        return True
    depth = 0
    for part in name.replace("\\", "/").split("/"):
        depth += -1 if part == ".." else 0 if part in ("", ".") else 1
        if depth < 0:
            return True
    return False
