"""Style, scripts, font and icons: read once into memory, compressed once, addressed by their content.

A URL that carries the fingerprint may be kept by the browser for ever; without it, for a day.
"""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

ROOT = Path(__file__).parent / "static"

MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
COMPRESSED_ALREADY = frozenset({".woff2"})
FINGERPRINT_LENGTH = 12


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is served."""

    body: bytes
    packed: bytes | None
    """gzip, where that is smaller."""
    media_type: str
    fingerprint: str


class Assets:
    """All files below `static/`."""

    def __init__(self, root: Path = ROOT) -> None:
        self._files = {
            path.relative_to(root).as_posix(): _read(path)
            for path in sorted(root.rglob("*"))
            if path.suffix in MEDIA_TYPES
        }

    def url(self, name: str) -> str:
        """The address of a file with its fingerprint; KeyError for a file that is not there."""
        return f"/static/{name}?v={self._files[name].fingerprint}"

    def respond(self, request: Request) -> Response:
        """Serve the file of the address."""
        return self.serve(request, request.path_params["path"])

    def serve(self, request: Request, name: str) -> Response:
        """Serve one file."""
        asset = self._files.get(name)
        if asset is None:
            raise HTTPException(404)
        kept = request.query_params.get("v") == asset.fingerprint
        headers = {
            "cache-control": f"public, max-age={31_536_000 if kept else 86_400}{', immutable' if kept else ''}",
            "etag": f'"{asset.fingerprint}"',
            "vary": "accept-encoding",
        }
        if request.headers.get("if-none-match") == headers["etag"]:
            return Response(status_code=304, headers=headers)
        if asset.packed is not None and "gzip" in request.headers.get("accept-encoding", ""):
            return Response(asset.packed, headers=headers | {"content-encoding": "gzip"}, media_type=asset.media_type)
        return Response(asset.body, headers=headers, media_type=asset.media_type)


@cache
def own_assets() -> Assets:
    """The files of the product, read once in a process."""
    return Assets()


def _read(path: Path) -> Asset:
    body = path.read_bytes()
    packed = None if path.suffix in COMPRESSED_ALREADY else gzip.compress(body, 9, mtime=0)
    fingerprint = hashlib.sha256(body).hexdigest()[:FINGERPRINT_LENGTH]
    return Asset(body, packed, MEDIA_TYPES[path.suffix], fingerprint)
