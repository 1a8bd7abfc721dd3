"""Where a Neo4j server is and who asks: from the address of a store and Neo4j's standard variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from kgqa.errors import ConfigError

__all__ = ["SCHEMES", "Address"]

SCHEMES = ("neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc")


@dataclass(frozen=True, slots=True)
class Address:
    """A database of a server. The password is not shown."""

    uri: str
    database: str
    user: str
    password: str = field(repr=False)

    @classmethod
    def parse(cls, address: str, environment: Mapping[str, str] | None = None) -> Address:
        """From ``neo4j://host:port/database``; what it leaves out comes from ``NEO4J_URI``, ``NEO4J_DATABASE``,
        ``NEO4J_USERNAME`` and ``NEO4J_PASSWORD``. ``neo4j://`` alone takes all of it from there.

        Raises:
            ConfigError: it is not such an address, or neither names the server or the password.
        """
        known = os.environ if environment is None else environment
        try:
            parts = urlsplit(address)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise ConfigError(f"{address!r} is not the address of a server: {error}.") from error
        if parts.scheme not in SCHEMES:
            raise ConfigError(f"{address!r} does not begin with one of {', '.join(f'{s}://' for s in SCHEMES)}.")
        uri = f"{parts.scheme}://{_host(host)}{f':{port}' if port else ''}" if host else known.get("NEO4J_URI", "")
        if not uri:
            raise ConfigError("No Neo4j server is named. Set NEO4J_URI, or write neo4j://host:7687.")
        password = unquote(parts.password) if parts.password is not None else known.get("NEO4J_PASSWORD")
        if password is None:
            raise ConfigError(
                f"There is no password for {uri}. Set NEO4J_PASSWORD (empty where the server asks for none)."
            )
        user = unquote(parts.username or "") or known.get("NEO4J_USERNAME") or "neo4j"
        return cls(uri, parts.path.strip("/") or known.get("NEO4J_DATABASE") or "neo4j", user, password)


def _host(name: str) -> str:
    return f"[{name}]" if ":" in name else name
