"""What the text of a query says, once everything that may hide something is taken out of it.

The server's plan is what decides (``cypher.py``); this looks for the few things that a plan may show in part only.
"""

from __future__ import annotations

import re

__all__ = ["call_objection", "objection", "skeleton"]

_ESCAPE = re.compile(r"\\u+([0-9a-fA-F]{4})")
_TOKENS = re.compile(
    r"""//[^\n\r]* | /\*.*?(?:\*/|$) | (?P<string>'(?:\\.|[^'\\])*(?:'|$) | "(?:\\.|[^"\\])*(?:"|$))"""
    r""" | `(?P<name>(?:``|[^`])*)(?:`|$)""",
    re.DOTALL | re.VERBOSE,
)
_CALL = re.compile(r"(?<![\w.])([^\W\d]\w*)(?:\s*\.\s*\w+)+\s*\(")
_USE = re.compile(r"(?<![\w.:$])use\s+\w", re.IGNORECASE)
NAMESPACES = frozenset({"date", "datetime", "db", "duration", "localdatetime", "localtime", "point", "time", "vector"})
"""Of the functions and procedures that come with the server and stay within it."""


def skeleton(query: str) -> str:
    """The query without comments and strings, its escapes and quoted names resolved."""
    resolved = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), query)
    return _TOKENS.sub(_replacement, resolved)


def _replacement(match: re.Match[str]) -> str:
    if match["string"] is not None:
        return "''"
    if match["name"] is not None:
        return re.sub(r"\W", "_", match["name"])
    return " "


def objection(query: str) -> str:
    """Why the text may not be run; empty if it may."""
    bare = skeleton(query)
    if "=~" in bare:
        return "a regular expression (=~) can outlive every time limit: use CONTAINS, STARTS WITH or a full-text index"
    if _USE.search(bare):
        return "USE leads to another database"
    for call in _CALL.finditer(bare):
        if call[1].lower() not in NAMESPACES:
            return f"functions of {call[1]}.* may reach beyond the graph"
    return ""


_LOAD = re.compile(r"(?<![\w.:$])load\s+csv\b", re.IGNORECASE)
_CALLED = re.compile(r"(?<![\w.:$])call\s+([\w.\s]+?)\s*(?:\(|$|yield\b|return\b)", re.IGNORECASE)
_PROCEDURES = frozenset({"db.labels", "db.propertykeys", "db.relationshiptypes"})


def call_objection(query: str) -> str:
    """Why the text may not be run by an engine that does not tell its plan; empty if it may."""
    bare = skeleton(query)
    if _LOAD.search(bare):
        return "LOAD CSV reaches beyond the graph"
    for call in _CALLED.finditer(bare):
        name = re.sub(r"\s", "", call[1]).casefold()
        if name not in _PROCEDURES:
            return f"the procedure {name} may reach beyond the graph"
    return ""
