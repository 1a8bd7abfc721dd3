"""What keeps the page to itself: response headers, and refusal of requests that another site makes.

There is no log-in, so a page of another site must not reach the API through the visitor's browser: a foreign ``Origin``
may not write, and a server on loopback answers to loopback names only (a name that a stranger points there is not one).
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["CONTENT_SECURITY_POLICY", "LOOPBACK", "OwnPageOnly"]

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
)
LOOPBACK = ("127.0.0.1", "localhost", "::1")

_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class OwnPageOnly:
    """ASGI middleware. ``hosts`` are the host names it answers to; None means any."""

    def __init__(self, app: ASGIApp, hosts: Sequence[str] | None = None) -> None:
        self.app = app
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 403 to a foreign request, else pass it on and add the headers to the answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers["Cache-Control"] = _caching(scope["path"])
            await send(message)

        refusal = self._refusal(scope["method"], Headers(scope=scope))
        if refusal:
            response = JSONResponse({"error": {"code": "forbidden", "message": refusal}}, 403)
            await response(scope, receive, send_with_headers)
        else:
            await self.app(scope, receive, send_with_headers)

    def _refusal(self, method: str, headers: Headers) -> str:
        host = headers.get("host", "")
        name = urlsplit(f"//{host}").hostname or ""
        if self.hosts is not None and name not in self.hosts:
            return f"This server does not answer to the name {name!r}. Use one of: {', '.join(self.hosts)}."
        origin = headers.get("origin")
        if method not in _SAFE_METHODS and origin is not None and urlsplit(origin).netloc != host:
            return f"A page of {origin} may not write here. Open this server's own page."
        return ""


def _caching(path: str) -> str:
    """Built assets carry a hash in their names and never change; all else is asked for again."""
    return "public, max-age=31536000, immutable" if path.startswith("/assets/") else "no-cache"
