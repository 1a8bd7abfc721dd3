"""``kgqa demo``, ``kgqa doctor`` and the page."""

from __future__ import annotations

import importlib.util
import json
import platform
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

import kgqa
from kgqa.cli.console import FAILED, JsonOption, data, errors_in_one_line, messages, print_json
from kgqa.cli.progress import RunProgress
from kgqa.cli.render import answer_sources, report_table
from kgqa.errors import KgqaError
from kgqa.knowledge_base import KnowledgeBase, open_knowledge_base

__all__ = ["demo", "doctor", "serve_page"]

DEMO_WORKSPACE = Path("kgqa_demo")


def demo(
    workspace: Annotated[Path, typer.Option("--workspace", "-w", help="Folder of the demonstration.")] = DEMO_WORKSPACE,
    page: Annotated[
        bool | None, typer.Option("--page/--no-page", help="Serve the page afterwards; only in a terminal if not said.")
    ] = None,
) -> None:
    """Ingest the sample, answer three questions with their sources, then serve the page."""
    from kgqa.sample import sample_demo, sample_documents

    with errors_in_one_line(), open_knowledge_base(workspace) as kb:
        with RunProgress(messages) as progress:
            report = kb.ingest([sample_documents()], on_progress=progress)
        data.print(report_table(report))
        for entry in json.loads(sample_demo().read_text(encoding="utf-8")):
            _ask(kb, entry["question"], entry["history"])
        messages.print(f'\nNext: kgqa ask "…" --workspace {workspace}')
        if page or (page is None and sys.stdout.isatty()):
            serve_page(kb, host=None, port=None, open_browser=True)


def _ask(kb: KnowledgeBase, question: str, history: Sequence[str]) -> None:
    conversation = kb.conversation()
    for earlier in history:
        conversation.ask(earlier)
    began = time.monotonic()
    answer = conversation.ask(question)
    before = f"[dim](after: {' '.join(history)})[/] " if history else ""
    data.print(f"\n[bold cyan]?[/] {before}[bold]{question}[/]  [dim]{time.monotonic() - began:.1f} s[/]")
    data.print(answer.text, markup=False)
    data.print(answer_sources(answer))


def serve_page(kb: KnowledgeBase, *, host: str | None, port: int | None, open_browser: bool) -> None:
    """Serves until it is interrupted."""
    from kgqa.ui import serve

    settings = kb.settings.serve
    serve(
        kb,
        host=host or settings.host,
        port=settings.port if port is None else port,
        open_browser=open_browser,
        on_ready=lambda url: messages.print(f"The page is at {url}  (Ctrl-C ends it)"),
    )


def doctor(json_: JsonOption = False) -> None:
    """Check what is installed and whether the models load; say what to do about the rest."""
    checks = [*_software(), *_models()]
    if json_:
        print_json([{"check": name, "ok": ok, "detail": detail} for name, ok, detail in checks])
    else:
        table = Table(box=None, show_header=False)
        for name, ok, detail in checks:
            table.add_row("[green]✓[/]" if ok else "[yellow]–[/]", name, detail)
        data.print(table)
    if not all(ok for name, ok, _ in checks if name.startswith("model ")):
        raise typer.Exit(FAILED)


def _software() -> list[tuple[str, bool, str]]:
    checks = [
        ("kgqa", True, kgqa.__version__),
        ("Python", sys.version_info >= (3, 11), platform.python_version()),
    ]
    for extra, package in {"train": "torch"}.items():
        found = importlib.util.find_spec(package) is not None
        checks.append(
            (f"extra {extra}", found, "installed" if found else f'pip install "kgqa[{extra}]" to use `kgqa train`')
        )
    static = importlib.util.find_spec("kgqa.ui") is not None and _page().is_file()
    checks.append(("page", static, "built" if static else "run `make ui` in the source folder"))
    free = shutil.disk_usage(Path.cwd()).free / 1e9
    checks.append(("disk", free > 1, f"{free:.0f} GB free here"))
    return checks


def _page() -> Path:
    import kgqa.ui

    return Path(next(iter(kgqa.ui.__path__))) / "static" / "index.html"


def _models() -> list[tuple[str, bool, str]]:
    from kgqa.encoder import model_path

    checks = []
    for name in ("encoder", "extraction", "reader", "relations"):
        try:
            card = json.loads((model_path(name) / "config.json").read_text(encoding="utf-8"))
            checks.append((f"model {name}", True, str(card.get("name", model_path(name)))))
        except (KgqaError, OSError, ValueError) as error:
            checks.append((f"model {name}", False, str(error)))
    return checks
