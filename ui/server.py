"""The server of the page: uvicorn on one socket."""

from __future__ import annotations

import socket
import webbrowser
from collections.abc import Callable

import uvicorn

from kgqa.errors import ConfigError
from kgqa.ui.app import create_app
from kgqa.ui.knowledge import Knowledge
from kgqa.ui.security import LOOPBACK

__all__ = ["serve"]


def serve(
    kb: Knowledge,
    host: str = "127.0.0.1",
    port: int = 8000,
    open_browser: bool = False,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve the page until interrupted. Port 0 takes a free one; ``on_ready`` gets the address once it can be opened.

    Raises:
        ConfigError: the address cannot be listened on.
    """
    listening = _listen(host, port)
    address = f"http://{_in_url(host)}:{listening.getsockname()[1]}/"
    app = create_app(kb, hosts=LOOPBACK if host in LOOPBACK else None)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
    if on_ready:
        on_ready(address)
    if open_browser:
        webbrowser.open(address)
    with listening:
        server.run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        raise ConfigError(
            f"Cannot listen on {host}:{port}: {error.strerror}. "
            "Choose another with --host and --port (0 takes a free port)."
        ) from error


def _in_url(host: str) -> str:
    if host in ("0.0.0.0", "::"):
        return "localhost"
    return f"[{host}]" if ":" in host else host
