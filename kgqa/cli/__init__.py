"""The command line: ``kgqa --help``. Data goes to standard output, progress and messages to standard error."""

from kgqa.cli.main import app, main

__all__ = ["app", "main"]
