"""Which placeholder stands for whom: a file of the workspace that holds numbers and keyed hashes, and no name.

    {"key": "…"}
    ["people", "hash of a full name", 7]
    ["parts", "hash of a surname", 7]
    ["PHONE", "hash of a number", 2]

The hashes are HMAC-SHA-256 (RFC 2104). Without the key nobody can tell what they were made of; with it, anybody can
test a guess. The key lies in the same file, so whoever has all of the workspace can find out whether a name that he
thinks of is in it; he cannot read out the names.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
from collections import defaultdict
from pathlib import Path
from threading import RLock

from kgqa.errors import WorkspaceError
from kgqa.text import normalise_name

__all__ = ["FILE", "UNKNOWN", "Pseudonyms"]

FILE = "privacy.jsonl"
UNKNOWN = 0
"""The number of a person or telephone that no document names."""
_PEOPLE, _PARTS = "people", "parts"


class Pseudonyms:
    """The numbers of a workspace's placeholders. One process writes at a time: the one that holds the writer's lock."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._key = b""
        self._numbers: defaultdict[str, dict[str, int]] = defaultdict(dict)
        self._parts: defaultdict[str, list[int]] = defaultdict(list)
        self._new: list[str] = []
        self._read = 0
        self._lock = RLock()

    @classmethod
    def open(cls, folder: Path) -> Pseudonyms:
        """Those of the workspace in ``folder``; a new key where it has none.

        Raises:
            WorkspaceError: the file is damaged or cannot be written.
        """
        found = cls(folder / FILE)
        if not found.path.exists():
            found._new = [json.dumps({"key": secrets.token_hex(32)})]
            found.save()
        found.refresh()
        return found

    def refresh(self) -> None:
        """Take in what another process has added.

        Raises:
            WorkspaceError: the file is damaged or gone.
        """
        with self._lock:
            try:
                if self.path.stat().st_size == self._read:
                    return
                with self.path.open("rb") as file:
                    file.seek(self._read)
                    whole, _, _ = file.read().rpartition(b"\n")  # behind it, what a killed process left half written
                for line in whole.splitlines():
                    self._take(line)
                self._read += len(whole) + 1
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise WorkspaceError(
                    f"{self.path} cannot be read ({error}). Bring it back from a copy, or make another workspace: "
                    "without it nobody knows which placeholder is whose."
                ) from error

    def _take(self, line: bytes) -> None:
        entry = json.loads(line)
        if isinstance(entry, dict):
            self._key = bytes.fromhex(entry["key"])
            return
        kind, hashed, number = entry
        if kind == _PARTS:
            self._parts[hashed].append(number)
        else:
            self._numbers[kind][hashed] = number

    def person(self, name: str, parts: tuple[str, ...] = ()) -> int:
        """The number of the person with this full name, a new one for a new name; ``parts`` are what else it is."""
        with self._lock:
            number = self._number(_PEOPLE, normalise_name(name))
            for part in parts:
                hashed = self._hash(_PEOPLE, normalise_name(part))
                if number not in self._parts[hashed]:
                    self._parts[hashed].append(number)
                    self._new.append(json.dumps([_PARTS, hashed, number]))
            return number

    def number(self, kind: str, identity: str) -> int:
        """The number of a telephone number and the like, a new one for a new one."""
        with self._lock:
            return self._number(kind, identity)

    def _number(self, kind: str, identity: str) -> int:
        hashed, known = self._hash(kind, identity), self._numbers[kind]
        if hashed not in known:
            known[hashed] = 1 + len(known)
            self._new.append(json.dumps([kind, hashed, known[hashed]]))
        return known[hashed]

    def known_person(self, name: str) -> int:
        """The number of the one person who has this name, or this part of a name; ``UNKNOWN`` if there is none."""
        hashed = self._hash(_PEOPLE, normalise_name(name))
        numbers = self._parts.get(hashed, [])
        return self._numbers[_PEOPLE].get(hashed, numbers[0] if len(numbers) == 1 else UNKNOWN)

    def known_number(self, kind: str, identity: str) -> int:
        """The number of a telephone number and the like; ``UNKNOWN`` if no document has it."""
        return self._numbers[kind].get(self._hash(kind, identity), UNKNOWN)

    def is_full_name(self, name: str) -> bool:
        """Whether a document of the workspace had this for a person's full name."""
        people = self._numbers[_PEOPLE]
        return bool(people) and self._hash(_PEOPLE, normalise_name(name)) in people

    def digest(self, text: str) -> str:
        """What stands for an address or a checksum: the same for the same text here, and another one elsewhere."""
        return self._hash("digest", text)[:12]

    def save(self) -> None:
        """Write what is new; only its owner may read the file.

        Raises:
            WorkspaceError: it cannot be written.
        """
        with self._lock:
            if not self._new:
                return
            lines = "".join(f"{line}\n" for line in self._new).encode("ascii")
            try:
                with open(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
                    file.truncate(self._read)
                    file.seek(self._read)
                    file.write(lines)
            except OSError as error:
                raise WorkspaceError(f"{self.path} cannot be written: {error.strerror or error}.") from error
            self._read += len(lines) if self._key else 0
            self._new = []

    def _hash(self, kind: str, text: str) -> str:
        return hmac.new(self._key, f"{kind}\x1f{text}".encode("utf-8", "surrogatepass"), "sha256").hexdigest()[:32]
