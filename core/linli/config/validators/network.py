"""Where things are reached: addresses, hosts, ports, mail, telephone."""

import ipaddress
import re
from typing import Any, Final
from urllib.parse import urlsplit

from linli.config.phrases import Phrase, phrase
from linli.config.validators.base import Json, Validator, finite
from linli.config.validators.numbers import integer

_LABEL: Final = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_PHONE: Final = re.compile(r"\+?\d{3,15}(?:[,;]\d{1,8}|#)?")
_EMAIL: Final = re.compile(r"[^@\s\"<>(),;:\\]{1,64}@[^@\s]{1,255}")


class url(Validator):
    """An address with scheme and host; gives its text. A name and password inside are refused: they belong in fields of
    their own, as secrets."""

    def __init__(self, *schemes: str, credentials: bool = False) -> None:
        self.schemes = schemes or ("http", "https")
        self._credentials = credentials
        self.example: Any = f"{self.schemes[-1]}://hub.example.org:8123"

    def __call__(self, value: Any) -> str:
        if not isinstance(value, str):
            raise self.refuse(value)
        try:
            parts = urlsplit(value.strip())
            _ = parts.port
        except ValueError as error:
            raise self.refuse(value) from error
        if (parts.username or parts.password) and not self._credentials:
            raise self.refuse(None, "url_with_password")
        if parts.scheme not in self.schemes or not parts.hostname or re.search(r"\s", value.strip()):
            raise self.refuse(value)
        return value.strip()

    def json_schema(self) -> Json:
        return {"type": "string", "format": "uri", "pattern": f"^(?:{'|'.join(self.schemes)})://"}

    def selector(self) -> Json:
        return {"text": {"type": "url"}}

    def expects(self) -> Phrase:
        return phrase("url", example=self.example)


class _HubAddress(url):
    """Where a hub is asked with a token: by HTTPS, or without it on this very machine."""

    def __init__(self) -> None:
        super().__init__("http", "https")
        self.example = "https://hub.example.org:8123/api/linli/heads"

    def __call__(self, value: Any) -> str:
        address = super().__call__(value)
        parts = urlsplit(address)
        if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
            raise self.refuse(value)
        return address


hub_address = _HubAddress()


class _Host(Validator):
    """A host name or an IP address, without scheme and port."""

    example: Any = "192.168.1.20"

    def __call__(self, value: Any) -> str:
        written = value.strip() if isinstance(value, str) else ""
        if not written or len(written) > 253:
            raise self.refuse(value)
        try:
            return str(ipaddress.ip_address(written.strip("[]")))
        except ValueError:
            pass
        if not _HOST.fullmatch(written) or re.fullmatch(r"[\d.]+", written):
            raise self.refuse(value)
        return written

    def json_schema(self) -> Json:
        return {"type": "string", "pattern": r"^[^\s/]+$"}

    def selector(self) -> Json:
        return {"text": {}}

    def expects(self) -> Phrase:
        return phrase("host")


class _Network(Validator):
    """An IP address or a network ("10.0.0.0/8"); gives the network's text."""

    example: Any = "192.168.0.0/16"

    def __call__(self, value: Any) -> str:
        try:
            return str(ipaddress.ip_network(value if isinstance(value, str) else ""))
        except ValueError as error:
            raise self.refuse(value) from error

    def json_schema(self) -> Json:
        return {"type": "string", "pattern": r"^[0-9A-Fa-f.:]+(?:/\d{1,3})?$"}

    def selector(self) -> Json:
        return {"text": {}}

    def expects(self) -> Phrase:
        return phrase("ip_network")


class _Email(Validator):
    """A mail address."""

    example: Any = "desk@example.org"
    private = True

    def __call__(self, value: Any) -> str:
        written = value.strip() if isinstance(value, str) else ""
        if not _EMAIL.fullmatch(written) or not _HOST.fullmatch(written.rpartition("@")[2]):
            raise self.refuse(value)
        return written

    def json_schema(self) -> Json:
        return {"type": "string", "format": "email"}

    def selector(self) -> Json:
        return {"text": {"type": "email"}}

    def expects(self) -> Phrase:
        return phrase("email", example=self.example)


class _Phone(Validator):
    """A telephone number, national or with its country code; spaces, dots, brackets and hyphens are dropped."""

    example: Any = "+86 571 8500 0000"
    private = True

    def __call__(self, value: Any) -> str:
        if (
            isinstance(value, bool)
            or not isinstance(value, str | int)
            or (isinstance(value, int) and not finite(value))
        ):
            raise self.refuse(value)
        written = re.sub(r"[\s().\-/]", "", str(value))
        if not _PHONE.fullmatch(written):
            raise self.refuse(value)
        return written

    def json_schema(self) -> Json:
        return {"type": ["string", "integer"], "pattern": r"^\+?[\d\s().,;#/-]{3,32}$"}

    def selector(self) -> Json:
        return {"text": {"type": "tel"}}

    def expects(self) -> Phrase:
        return phrase("phone", example=self.example)


class _Mac(Validator):
    """A hardware address; gives it in small letters with colons."""

    example: Any = "a4:c1:38:0f:22:7b"

    def __call__(self, value: Any) -> str:
        digits = re.sub(r"[:\-.]", "", value).lower() if isinstance(value, str) else ""
        if not re.fullmatch(r"[0-9a-f]{12}", digits):
            raise self.refuse(value)
        return ":".join(digits[at : at + 2] for at in range(0, 12, 2))

    def json_schema(self) -> Json:
        return {"type": "string", "pattern": "^(?:[0-9A-Fa-f]{2}[:.-]?){5}[0-9A-Fa-f]{2}$"}

    def selector(self) -> Json:
        return {"text": {}}

    def expects(self) -> Phrase:
        return phrase("mac", example=self.example)


class _Port(integer):
    """A TCP or UDP port, 1 to 65535."""

    def __init__(self) -> None:
        super().__init__(min=1, max=65535)
        self.example = 8123

    def selector(self) -> Json:
        return {"number": {"min": 1, "max": 65535, "mode": "box", "step": 1}}

    def expects(self) -> Phrase:
        return phrase("port")


host = _Host()
ip_network = _Network()
port = _Port()
email = _Email()
phone = _Phone()
mac = _Mac()
