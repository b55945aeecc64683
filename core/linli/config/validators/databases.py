"""Where the data are kept, when not in files."""

from importlib.util import find_spec
from typing import Any, Final

from linli.config.phrases import Phrase, phrase
from linli.config.validators.base import Refusal
from linli.config.validators.network import url

DRIVER: Final = "psycopg"


class _DatabaseUrl(url):
    """The address of a PostgreSQL server with the name of a database; it is never shown, for it may hold a password."""

    private = True

    def __init__(self) -> None:
        super().__init__("postgres", "postgresql", credentials=True)
        self.example = "postgresql://linli@db.example.org/linli"

    def __call__(self, value: Any) -> str:
        address = super().__call__(value)
        if not address.partition("://")[2].partition("/")[2].partition("?")[0]:
            raise self.refuse(value)
        if find_spec(DRIVER) is None:
            raise Refusal("database_driver")
        return address

    def expects(self) -> Phrase:
        return phrase("database_url", example=self.example)


database_url = _DatabaseUrl()
