"""The commands of ``kgqa``. Each parses, calls the library and prints; nothing is decided here.

Exit codes: 0 all went well, 1 something failed (some documents, or the whole command), 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape
from rich.table import Table

import kgqa
from kgqa.cli import demonstration, graph, models
from kgqa.cli.console import (
    DEFAULT_WORKSPACE,
    FAILED,
    INTERRUPTED,
    JsonOption,
    WorkspaceOption,
    data,
    errors_in_one_line,
    messages,
    print_json,
)
from kgqa.cli.progress import RunProgress
from kgqa.cli.render import answer_sources, bench_table, documents_table, report_table
from kgqa.knowledge_base import KnowledgeBase, open_knowledge_base
from kgqa.types import Done, Failed, FoundCitations, IngestReport, Status, StreamEvent, Token

__all__ = ["app", "main"]

app = typer.Typer(
    name="kgqa",
    help="Documents, English or Chinese, become a knowledge graph with evidence; questions get answers that cite it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(graph.app, name="graph")
app.add_typer(models.train_app, name="train")
app.add_typer(models.evaluate_app, name="evaluate")
app.command("demo")(demonstration.demo)
app.command("doctor")(demonstration.doctor)

Mode = Literal["auto", "text", "graph", "hybrid"]
ModeOption = Annotated[
    Mode | None,
    typer.Option("--mode", help="text: indexes alone; graph, hybrid: over the graph; auto: as the question needs."),
]


def main() -> None:
    """Entry point of the console script."""
    app()


@app.callback(invoke_without_command=True)
def options(version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False) -> None:
    """Documents become a knowledge graph with evidence; questions get answers that cite it."""
    if version:
        data.print(kgqa.__version__)
        raise typer.Exit


@app.command()
def init(folder: Annotated[Path, typer.Argument(help="Folder to make.")] = DEFAULT_WORKSPACE) -> None:
    """Make an empty workspace with a commented settings file."""
    with errors_in_one_line():
        open_knowledge_base(folder).close()
        written = kgqa.config.write_template(folder / "kgqa.toml")
    messages.print(f"Workspace in {folder}." + (f" Settings: {written}." if written else ""))
    messages.print(f"Next: kgqa ingest DOCUMENTS --workspace {folder}")


@app.command()
def ingest(
    paths: Annotated[list[Path], typer.Argument(help="Files and folders.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Read documents into the graph. Run it again after an interruption or a change: what is there is skipped."""
    with errors_in_one_line(), open_knowledge_base(workspace) as kb, RunProgress(messages) as progress:
        report = kb.ingest(paths, on_progress=progress)
    _print_report(report, json)
    if report.interrupted:
        messages.print("Interrupted. Run the same command again to go on.")
        raise typer.Exit(INTERRUPTED)
    if report.failures:
        raise typer.Exit(FAILED)
    if not json:
        messages.print('Next: kgqa ask "…"' + _option(workspace))


def _print_report(report: IngestReport, json: bool) -> None:
    if json:
        print_json(report.to_dict())
    else:
        data.print(report_table(report))
    for failure in report.failures:
        messages.print(f"[yellow]Failed:[/] {escape(failure.uri)}: {escape(failure.reason)}")


def _option(workspace: Path) -> str:
    return "" if workspace == DEFAULT_WORKSPACE else f" --workspace {workspace}"


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="The question, English or Chinese.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    mode: ModeOption = None,
    stream: Annotated[bool, typer.Option("--stream/--no-stream", help="Print words as they come.")] = True,
    json: JsonOption = False,
) -> None:
    """Answer one question, citing the words it rests on."""
    with errors_in_one_line(), open_knowledge_base(workspace, create=False) as kb:
        if json:
            print_json(kb.ask(question, mode=mode).to_dict())
        else:
            print_stream(kb.stream(question, mode=mode), live=stream)


def print_stream(events: Iterator[StreamEvent], *, live: bool = True) -> None:
    """Prints an answer while it comes; the numbered quotes follow."""
    for event in events:
        match event:
            case Status(stage, n) if messages.is_terminal:
                messages.print(f"[dim]{stage}{f' {n} passages' if n else ''}…[/]")
            case Token(text) if live:
                data.print(escape(text), end="")
                sys.stdout.flush()
            case Failed(_, message):
                messages.print(f"[bold red]Error:[/] {escape(message)}")
                raise typer.Exit(FAILED)
            case Done(answer):
                data.print("" if live else escape(answer.text))
                data.print(answer_sources(answer))
            case FoundCitations() | _:
                pass


@app.command()
def chat(workspace: WorkspaceOption = DEFAULT_WORKSPACE) -> None:
    """Ask in conversation: a follow-up may say "he" or 该公司. An empty line or Ctrl-D ends it."""
    with errors_in_one_line(), open_knowledge_base(workspace, create=False) as kb:
        conversation = kb.conversation()
        while question := _next_question():
            print_stream(conversation.stream(question))


def _next_question() -> str:
    try:
        return messages.input("[bold cyan]?[/] ").strip()
    except EOFError:
        return ""


@app.command()
def search(
    question: Annotated[str, typer.Argument(help="What to look for.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=100)] = 8,
    mode: ModeOption = None,
    json: JsonOption = False,
) -> None:
    """Find passages, with the reason why each is there."""
    with errors_in_one_line(), open_knowledge_base(workspace, create=False) as kb:
        passages = kb.search(question, limit=limit, mode=mode)
        if json:
            print_json([passage.to_dict() for passage in passages])
            return
        for passage in passages:
            scores = ", ".join(f"{name} {score:.2f}" for name, score in passage.sources.items())
            data.print(
                f"[bold]{escape(passage.chunk.title)}[/]  [dim]{passage.score:.3f} ({scores}) {passage.chunk.id}[/]"
            )
            if names := kb.path_names(passage):
                data.print(f"    [cyan]{escape(' → '.join(names))}[/]")
            data.print(f"    {escape(' '.join(passage.chunk.text.split()))}")


@app.command()
def bench(
    corpus: Annotated[list[Path] | None, typer.Argument(help="Files and folders; if none, what is there.")] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    questions: Annotated[int, typer.Option("--questions", "-n", min=2, help="How many are made at most.")] = 200,
    seed: Annotated[int, typer.Option("--seed", help="Of the draw of facts to ask about.")] = 0,
    json: JsonOption = False,
) -> None:
    """Does the graph pay here? Asks questions made of the documents' own facts, and sets the router by the result."""
    from kgqa.pipelines.evaluation.bench import FOLDER
    from kgqa.pipelines.evaluation.bench import bench as measure

    with errors_in_one_line(), open_knowledge_base(workspace, create=bool(corpus)) as kb:
        if corpus:
            with RunProgress(messages) as progress:
                kb.ingest(corpus, on_progress=progress)
        report = measure(kb, questions=questions, seed=seed)
        print_json(report.to_dict()) if json else data.print(bench_table(report.to_dict()))
        folder = report.save(workspace / FOLDER)
    messages.print(report.verdict)
    told = "too few questions to set the router" if report.text_from is None else f"text_from = {report.text_from:.3f}"
    messages.print(f"Figures and plot: {folder}. Router: {told}.")


@app.command()
def documents(workspace: WorkspaceOption = DEFAULT_WORKSPACE, json: JsonOption = False) -> None:
    """List the documents."""
    with errors_in_one_line(), open_knowledge_base(workspace, create=False) as kb:
        stored = kb.documents()
        if json:
            print_json([document.to_dict() for document in stored])
        else:
            data.print(documents_table(stored))


@app.command()
def delete(
    document: Annotated[str, typer.Argument(help="Id of the document, or its address as `kgqa documents` shows it.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json: JsonOption = False,
) -> None:
    """Remove a document and all that rests on it alone."""
    with errors_in_one_line(), open_knowledge_base(workspace, create=False) as kb:
        deleted = kb.delete(_document_id(kb, document))
        if json:
            print_json(deleted.to_dict())
        else:
            data.print(
                f"Deleted {document}: {deleted.chunks} chunks, {deleted.entities} entities, {deleted.triples} triples."
            )


def _document_id(kb: KnowledgeBase, name: str) -> str:
    """The id of the one document that is called so; an address may leave out its folders where it stays clear."""
    documents = kb.documents()
    exact = [d.id for d in documents if name in (d.id, d.uri)]
    ends = [d.id for d in documents if d.uri.endswith(f"/{name}")]
    found = exact or ends
    return found[0] if len(found) == 1 else name


@app.command()
def export(
    path: Annotated[Path, typer.Argument(help="File to write: .graphml, .json or .csv; .jsonl for examples.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    format: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="graphml, json, csv, or examples: what was corrected, to train on. Else from the file name.",
        ),
    ] = None,
) -> None:
    """Write the graph with its evidence into a file, or what people corrected in it as examples for `kgqa train`."""
    with errors_in_one_line(), open_knowledge_base(workspace, create=False) as kb:
        messages.print(f"Wrote {kb.export(path, format=format)}.")


@app.command()
def config(workspace: WorkspaceOption = DEFAULT_WORKSPACE, json: JsonOption = False) -> None:
    """Show each setting, its value and where it came from."""
    with errors_in_one_line():
        settings = kgqa.config.load_settings(workspace)
        rows = list(kgqa.config.provenance(settings, workspace))
    if json:
        print_json([{"key": r.key, "value": r.value, "origin": r.origin, "description": r.description} for r in rows])
        return
    table = Table(box=None, header_style="bold")
    for column in ("Setting", "Value", "From", "Meaning"):
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(row.key, escape(str(row.value)), escape(row.origin), f"[dim]{escape(row.description)}[/]")
    data.print(table)


@app.command()
def serve(
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    host: Annotated[str | None, typer.Option("--host", help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option("--port", help="Port; 0 takes a free one.")] = None,
    open: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
) -> None:
    """Serve the page and the API."""
    with errors_in_one_line(), open_knowledge_base(workspace) as kb:
        demonstration.serve_page(kb, host=host, port=port, open_browser=open)
