"""Where the command line writes: data to standard output, everything else to standard error; errors become one line."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from kgqa.errors import ConfigError, KgqaError

__all__ = [
    "DEFAULT_WORKSPACE",
    "JsonOption",
    "WorkspaceOption",
    "data",
    "errors_in_one_line",
    "messages",
    "print_json",
]

DEFAULT_WORKSPACE = Path("kgqa_workspace")

data = Console(soft_wrap=True, highlight=False)
"""Standard output: answers, tables, JSON."""

messages = Console(stderr=True, soft_wrap=True, highlight=False)
"""Standard error: progress, hints, errors."""

WorkspaceOption = Annotated[
    Path,
    typer.Option("--workspace", "-w", envvar="KGQA_WORKSPACE", help="Folder of the workspace.", show_default=True),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]

FAILED, USAGE, INTERRUPTED = 1, 2, 130


def print_json(value: Any) -> None:
    """One JSON value on standard output, unescaped, so that Chinese stays readable."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


@contextmanager
def errors_in_one_line() -> Iterator[None]:
    """Ends the program with a message of one line and the right exit code instead of a traceback."""
    try:
        yield
    except ConfigError as error:
        raise _end(str(error), USAGE) from error
    except KgqaError as error:
        raise _end(str(error), FAILED) from error
    except KeyboardInterrupt as error:
        raise _end("Interrupted. Run the same command again to go on.", INTERRUPTED) from error


def _end(text: str, code: int) -> typer.Exit:
    messages.print(f"[bold red]Error:[/] {_plain(text)}")
    return typer.Exit(code)


def _plain(text: str) -> str:
    return " ".join(text.split()).replace("[", r"\[")
