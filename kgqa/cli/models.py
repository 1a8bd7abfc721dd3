"""``kgqa train`` and ``kgqa evaluate``: models of one's own from annotated data, scores of any model on any data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich import progress
from rich.table import Table

from kgqa.cli.console import (
    DEFAULT_WORKSPACE,
    JsonOption,
    WorkspaceOption,
    data,
    errors_in_one_line,
    messages,
    print_json,
)
from kgqa.errors import MissingExtra
from kgqa.knowledge_base import open_knowledge_base
from kgqa.registry import EXTRAS

__all__ = ["evaluate_app", "train_app"]

train_app = typer.Typer(help='Train a model on annotated data (needs pip install "kgqa[train]").', no_args_is_help=True)
evaluate_app = typer.Typer(help="Score a model, or the answers of a workspace.", no_args_is_help=True)

Task = Literal["entities", "relations", "events", "coreference"]
FolderOption = Annotated[
    Path, typer.Option("--data", help="File of annotated text, or folder of data sets.", envvar="KGQA_DATA")
]
OutOption = Annotated[Path, typer.Option("--out", help="Model folder to write.")]
MinutesOption = Annotated[
    float, typer.Option("--minutes", min=0.01, help="Time to train; started again, a run goes on.")
]
SeedOption = Annotated[int, typer.Option("--seed")]
BaseOption = Annotated[Path | None, typer.Option("--base", help="Folder of the encoder; the shipped one if not said.")]
ThreadsOption = Annotated[int, typer.Option("--threads", min=0, help="Threads; 0 takes one per core.")]
DeviceOption = Annotated[str, typer.Option("--device", help="cpu, or a GPU: cuda, cuda:1.")]
WorkersOption = Annotated[
    int, typer.Option("--workers", min=0, help="Processes that prepare batches; several for a GPU.")
]
FormatOption = Annotated[
    str | None,
    typer.Option(
        "--format",
        help="bio, bmes, conll, spans, prodigy, spacy, brat, docred, knowledgenet, fewrel, wiki80, finre, semeval, "
        "gap, litbank, geneva, fewfc or phee.",
    ),
]
ModelOption = Annotated[Path | None, typer.Option("--model", help="Model folder; the shipped one if not said.")]


# --- train ------------------------------------------------------------------------------------------------------------


@contextmanager
def _training(name: str, threads: int) -> Iterator[Callable[[float, float], None]]:
    """A bar that takes the share of the time used and the running loss. Errors become one line."""
    bars = progress.Progress(
        progress.TextColumn(f"Training {name}"),
        progress.BarColumn(30),
        progress.TaskProgressColumn(),
        progress.TextColumn("loss {task.fields[loss]:.3f}"),
        progress.TimeElapsedColumn(),
        progress.TimeRemainingColumn(),
        console=messages,
    )
    with errors_in_one_line():
        try:
            import torch
        except ModuleNotFoundError as error:
            raise MissingExtra("torch", EXTRAS["torch"]) from error
        if threads:
            torch.set_num_threads(threads)
        with bars:
            task = bars.add_task(name, total=1.0, loss=0.0)
            yield lambda share, loss: bars.update(task, completed=share, loss=loss)
            bars.update(task, completed=1.0)


def _train_extraction(
    folder: FolderOption,
    out: OutOption,
    base: BaseOption = None,
    start: Annotated[Path | None, typer.Option("--start", help="Model folder to go on from.")] = None,
    schema: Annotated[Path | None, typer.Option("--schema", help="Schema file with types of your own.")] = None,
    labels: Annotated[
        Path | None, typer.Option("--labels", help="Table from the data's labels to the schema's.")
    ] = None,
    format: FormatOption = None,
    minutes: MinutesOption = 40,
    seed: SeedOption = 1,
    lora: Annotated[
        int, typer.Option("--lora", min=0, help="Rank of LoRA adapters to train in place of the layers; 0: the layers.")
    ] = 0,
    rate: Annotated[float | None, typer.Option("--rate", min=0.0, help="Factor on the learning rate.")] = None,
    stop_early: Annotated[
        bool,
        typer.Option("--stop-early/--no-stop-early", help="Stop when texts held back are read no better."),
    ] = True,
    keep: Annotated[
        float, typer.Option("--keep", min=0.0, max=1.0, help="Share of --start's weights in the final ones, averaged.")
    ] = 0.0,
    threads: ThreadsOption = 0,
    device: DeviceOption = "cpu",
    workers: WorkersOption = 0,
    batch_tokens: Annotated[
        int, typer.Option("--batch-tokens", min=0, help="Tokens of a batch; 0 takes what suits the device.")
    ] = 0,
    only: Annotated[
        Literal["arguments", "references"] | None,
        typer.Option("--only", help="Teach nothing but which words take part in an event, or what pronouns stand for."),
    ] = None,
    json: JsonOption = False,
) -> None:
    with _training("extraction", threads) as on_step:
        from kgqa.pipelines.training.extraction import train_extraction
        from kgqa.pipelines.training.machine import Machine

        report = train_extraction(
            folder,
            out,
            base=base,
            start=start,
            schema=schema,
            format=format,
            labels=labels,
            minutes=minutes,
            seed=seed,
            lora=lora,
            rate=rate,
            stop_early=stop_early,
            keep=keep,
            only=only,
            machine=Machine.named(device, workers, batch_tokens),
            on_step=on_step,
        )
    _finished(out, report.to_dict(), json)


for _name, _what in {
    "extraction": "Entities, relations, events and coreference: one model reads them all.",
    "entities": "Entities: fine-tune the extraction model on annotated names.",
    "relations": "Relations: fine-tune the extraction model on annotated pairs.",
    "events": "Events: fine-tune the extraction model on annotated triggers and arguments.",
    "coreference": "Coreference: fine-tune the extraction model on annotated references.",
}.items():
    train_app.command(_name, help=_what)(_train_extraction)


@train_app.command("encoder")
def train_encoder(
    folder: FolderOption,
    out: OutOption,
    minutes: MinutesOption = 35,
    seed: SeedOption = 0,
    threads: ThreadsOption = 0,
    device: DeviceOption = "cpu",
    json: JsonOption = False,
) -> None:
    """The bilingual encoder that all others share."""
    with _training("encoder", threads):
        from kgqa.pipelines.training import encoder as training
        from kgqa.pipelines.training.encoder_export import export_encoder
        from kgqa.pipelines.training.machine import Machine

        run = out / "run"
        report = training.train_encoder(
            folder, run, schedule=training.Schedule(minutes), machine=Machine.named(device), seed=seed
        )
        export_encoder(run / "final", out)
    _finished(out, asdict(report), json)


@train_app.command("reader")
def train_reader(
    folder: FolderOption,
    out: OutOption,
    base: BaseOption = None,
    minutes: MinutesOption = 45,
    seed: SeedOption = 1,
    threads: ThreadsOption = 0,
    device: DeviceOption = "cpu",
    workers: WorkersOption = 0,
    json: JsonOption = False,
) -> None:
    """The extractive reader."""
    from kgqa.encoder import model_path

    with _training("reader", threads) as on_step:
        from kgqa.pipelines.training.machine import Machine
        from kgqa.pipelines.training.reader import train_reader as train

        report = train(
            folder,
            out,
            base=base or model_path("encoder"),
            minutes=minutes,
            seed=seed,
            machine=Machine.named(device, workers),
            on_step=on_step,
        )
    _finished(out, asdict(report), json)


@train_app.command("reranker")
def train_reranker(
    folder: FolderOption,
    out: OutOption,
    base: BaseOption = None,
    minutes: MinutesOption = 40,
    seed: SeedOption = 1,
    threads: ThreadsOption = 0,
    device: DeviceOption = "cpu",
    workers: WorkersOption = 0,
    json: JsonOption = False,
) -> None:
    """The reranker of passages; it begins with the layers of the reader that ships, on the same encoder."""
    from kgqa.encoder import model_path

    with _training("reranker", threads) as on_step:
        from kgqa.pipelines.training.machine import Machine
        from kgqa.pipelines.training.reranker import train_reranker as train

        report = train(
            folder,
            out,
            base=base or model_path("encoder"),
            reader=None if base else model_path("reader"),
            minutes=minutes,
            seed=seed,
            machine=Machine.named(device, workers),
            on_step=on_step,
        )
    _finished(out, asdict(report), json)


def _finished(out: Path, report: Mapping[str, Any], json: bool) -> None:
    messages.print(f"Wrote {out}: weights, settings, report and card.")
    if json:
        print_json(report)


# --- evaluate ---------------------------------------------------------------------------------------------------------


def _evaluate_extraction(task: Task) -> Callable[..., None]:
    def command(
        folder: FolderOption,
        format: FormatOption = None,
        model: ModelOption = None,
        labels: Annotated[
            Path | None, typer.Option("--labels", help="Table from the data's labels to the schema's.")
        ] = None,
        types: Annotated[
            Path | None, typer.Option("--types", help="File with entity types of your own, read without training.")
        ] = None,
        json: JsonOption = False,
    ) -> None:
        with errors_in_one_line():
            from kgqa.pipelines.evaluation.extraction import Scores, evaluate_extraction

            report = evaluate_extraction(folder, task, format=format, model=model, labels=labels, types=types)
        if json:
            print_json(report.to_dict())
            return
        table = _table("Type", "Precision", "Recall", "F1", "95 %", "n")
        every = Scores(report.precision, report.recall, report.f1, report.n, report.interval)
        for name, scores in {"all": every, **report.per_type}.items():
            low, high = scores.interval
            table.add_row(
                name,
                *(f"{x:.3f}" for x in (scores.precision, scores.recall, scores.f1)),
                f"{low:.3f}–{high:.3f}",
                str(scores.n),
            )
        data.print(table)
        if report.trigger_f1 is not None:
            given, whole = report.argument_f1_gold_trigger, report.argument_f1
            data.print(f"Arguments, F1: {whole:.3f} end to end, {given:.3f} of the annotated triggers")

    return command


for _task, _what in {
    "entities": "Entities: type and both borders must be right.",
    "relations": "Relations: type right and both ends overlapping.",
    "events": "Events: triggers in type and borders, arguments in role and borders.",
    "coreference": "Coreference: references joined to what they stand for.",
}.items():
    evaluate_app.command(_task, help=_what)(_evaluate_extraction(_task))  # type: ignore[arg-type]


@evaluate_app.command("reader")
def evaluate_reader(
    folder: FolderOption, model: ModelOption = None, sample: int = 300, json: JsonOption = False
) -> None:
    """The reader on single passages: exact match, F1, and whether it knows when a passage does not say."""
    with errors_in_one_line():
        from kgqa.encoder import Encoder
        from kgqa.generation import open_reader
        from kgqa.pipelines.evaluation.reading import evaluate_reader as evaluate

        scores = evaluate(folder, open_reader(model, encoder=Encoder.open()), sample=sample)
    if json:
        print_json([asdict(score) for score in scores])
        return
    table = _table("Data", "Language", "n", "Exact", "F1", "Declined rightly")
    for s in scores:
        declined = "" if s.declined is None else f"{s.declined:.1f} ± {s.declined_interval:.1f}"
        table.add_row(
            s.name,
            s.language,
            str(s.answerable + s.unanswerable),
            f"{s.exact:.1f} ± {s.exact_interval:.1f}",
            f"{s.f1:.1f} ± {s.f1_interval:.1f}",
            declined,
        )
    data.print(table)


@evaluate_app.command("answers")
def evaluate_answers(
    questions: Annotated[
        Path | None, typer.Option("--questions", help="JSONL of questions; the sample's if not said.")
    ] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json: JsonOption = False,
) -> None:
    """The answers of a workspace: right, rightly declined, and quotes equal to the source."""
    with errors_in_one_line(), open_knowledge_base(workspace, create=False) as kb:
        from kgqa.pipelines.evaluation.answers import evaluate_answers as evaluate
        from kgqa.sample import sample_questions

        report = evaluate(kb, questions or sample_questions())
    print_json(report.to_dict()) if json else data.print(report.to_markdown(), markup=False)


@evaluate_app.command("retrieval")
def evaluate_retrieval(
    questions: Annotated[Path, typer.Option("--questions")],
    corpus: Annotated[Path, typer.Option("--corpus")],
    format: Annotated[Literal["hipporag", "musique", "plain"], typer.Option("--format")] = "hipporag",
    mode: Annotated[Literal["auto", "text", "graph", "hybrid"], typer.Option("--mode")] = "auto",
    rerank: Annotated[bool, typer.Option(help="Whether the reranker orders the best passages.")] = True,
    json: JsonOption = False,
) -> None:
    """Recall of the passages that support the answers, beside BM25, dense and their fusion."""
    with errors_in_one_line():
        from kgqa.encoder import Encoder
        from kgqa.extraction import open_extractor
        from kgqa.pipelines.evaluation.retrieval import evaluate_retrieval as evaluate
        from kgqa.retrieval import OnnxReranker

        encoder = Encoder.open()
        extractor = None if mode == "text" else open_extractor(encoder=encoder)
        reranker = OnnxReranker.open(encoder) if rerank else None
        report = evaluate(
            questions, corpus, embedder=encoder, extractor=extractor, format=format, mode=mode, reranker=reranker
        )
    print_json(report.to_dict()) if json else data.print(report.to_markdown(), markup=False)


@evaluate_app.command("identity")
def evaluate_identity(folder: FolderOption, json: JsonOption = False) -> None:
    """Which names are taken for one thing, on pairs made of the catalogue of the data sets' text folder."""
    with errors_in_one_line():
        from kgqa.pipelines.evaluation.entity_resolution import evaluate_identity as evaluate

        found = evaluate(folder)
    if json:
        print_json([asdict(one) for one in found])
        return
    table = _table("Pairs", "n", "Right", "Precision", "Recall", "F1", "95 %")
    for one in found:
        scores = [f"{x:.3f}" for x in (one.precision, one.recall, one.f1)] + ["{:.3f}–{:.3f}".format(*one.interval)]
        table.add_row(one.name, str(one.n), str(one.right), *(scores if one.is_mixed else ["", "", "", ""]))
    data.print(table)


@evaluate_app.command("crosslingual")
def evaluate_crosslingual(
    pairs: Annotated[Path, typer.Option("--data", help='JSONL of translations: {"en": …, "zh": …}.')],
    json: JsonOption = False,
) -> None:
    """How often a sentence finds its translation first, English and Chinese, both ways."""
    with errors_in_one_line():
        from kgqa.encoder import Encoder
        from kgqa.pipelines.evaluation.crosslingual import evaluate_crosslingual as evaluate

        report = evaluate(pairs, Encoder.open())
    print_json(report.to_dict()) if json else data.print(report.to_markdown(), markup=False)


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="bold")
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left")
    return table
