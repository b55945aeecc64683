"""Files of a plugin's ``pages/`` folder, served from memory: small, few, and the same for everybody.

Only what was found in the folder at set-up has an address, so no path can lead anywhere else. Browsers keep a file and
ask each time whether it is still that (``ETag``, 304), so a new version of the hub is a new page at once.
"""

import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from typing import Final

from linli import ContractError, NotFound, Request, Response

KINDS: Final[Mapping[str, str]] = {
    ".css": "text/css",
    ".html": "text/html",
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
"""What is served; a file with another ending has no address."""
LARGEST: Final = 2 << 20
MOST: Final = 500
COMPRESS_FROM: Final = 1024


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file, ready to send."""

    content_type: str
    body: bytes
    packed: bytes | None
    """gzip, where that is worth it."""
    etag: str
    modified: str

    @classmethod
    def of(cls, content: bytes, ending: str, modified_s: float) -> "StaticFile":
        """From what stands in the file."""
        packer = zlib.compressobj(level=9, wbits=31)
        packed = packer.compress(content) + packer.flush() if len(content) >= COMPRESS_FROM else None
        if packed is not None and len(packed) > 0.9 * len(content):
            packed = None
        digest = hashlib.sha256(content).hexdigest()[:20]
        return cls(KINDS[ending], content, packed, digest, formatdate(int(modified_s), usegmt=True))

    def answer(self, headers: Mapping[str, str], extra: Mapping[str, str] | None = None) -> Response:
        """For a request with these headers."""
        packed = self.packed is not None and "gzip" in headers.get("Accept-Encoding", "")
        etag = f'"{self.etag}-gz"' if packed else f'"{self.etag}"'
        sent = {"ETag": etag, "Cache-Control": "no-cache", **(extra or {})}
        if self.packed is not None:
            sent["Vary"] = "Accept-Encoding"
        if _matches(headers.get("If-None-Match", ""), etag):
            return Response(status=304, headers=sent)
        sent["Last-Modified"] = self.modified
        if packed:
            assert self.packed is not None
            return Response(self.packed, 200, self.content_type, {**sent, "Content-Encoding": "gzip"})
        return Response(self.body, 200, self.content_type, sent)


def _matches(header: str, etag: str) -> bool:
    return header.strip() == "*" or etag in (part.strip().removeprefix("W/") for part in header.split(","))


class StaticFolder:
    """All files of a folder, by their path below it."""

    def __init__(self, folder: Path) -> None:
        """Reads them (blocking); raises ContractError for a folder that is none or holds too much."""
        if not folder.is_dir():
            raise ContractError(f"{folder} is no folder")
        inside = folder.resolve()
        self._files: dict[str, StaticFile] = {}
        for path in sorted(folder.rglob("*")):
            if path.suffix not in KINDS or not path.is_file() or not path.resolve().is_relative_to(inside):
                continue
            if path.stat().st_size > LARGEST or len(self._files) >= MOST:
                raise ContractError(f"{path}: served from memory are at most {MOST} files of {LARGEST >> 20} MiB")
            name = path.relative_to(folder).as_posix()
            self._files[name] = StaticFile.of(path.read_bytes(), path.suffix, path.stat().st_mtime)

    @property
    def names(self) -> list[str]:
        """The paths that have an address."""
        return list(self._files)

    def get(self, name: str) -> StaticFile:
        """One file; raises NotFound."""
        found = self._files.get(name)
        if found is None:
            raise NotFound("no such file")
        return found

    def handle(self, request: Request) -> Response:
        """For a route that ends in ``{file:.*}``."""
        return self.get(request.params["file"]).answer(request.headers)
