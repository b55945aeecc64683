"""The server's certificate: loaded off the loop, and again when its files change (they are renewed every few weeks)."""

import ssl
from pathlib import Path

from linli_http.settings import Tls


class Certificate:
    """One context for the life of the server; renewing it changes what new connections are shown."""

    def __init__(self, tls: Tls) -> None:
        """Reads the files (blocking); raises OSError, ssl.SSLError."""
        self._tls = tls
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.set_alpn_protocols(["http/1.1"])
        self._seen = self._stamp()
        self._load()

    def _load(self) -> None:
        self.context.load_cert_chain(self._tls.certificate, self._tls.key)

    def _stamp(self) -> tuple[int, int]:
        return Path(self._tls.certificate).stat().st_mtime_ns, Path(self._tls.key).stat().st_mtime_ns

    def renew(self) -> bool:
        """Take up changed files (blocking); False: nothing changed. Raises OSError, ssl.SSLError; the old one stays."""
        stamp = self._stamp()
        if stamp == self._seen:
            return False
        self._load()
        self._seen = stamp
        return True
