"""Trains the extraction model and writes its folder.

    python -m kgqa.pipelines.training.extraction DATA OUT --base kgqa/models/encoder --minutes 40

DATA is the folder of data sets that the shipped model is trained on (see `extraction_corpora`), or one annotated file
of any form in `formats`, on which the shipped model is then fine-tuned. Training stops when its minutes are used up,
whatever the machine, or when it fits texts that are held back no better; it can be killed at any time and goes on from
its last checkpoint when it is started again.
"""

import argparse
import copy
import json
import logging
import math
import random
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import torch
from torch import nn

import kgqa.extraction
from kgqa.encoder import Encoder, model_path
from kgqa.errors import ConfigError, DataError
from kgqa.extraction import OnnxExtractor
from kgqa.extraction.schema import Schema
from kgqa.pipelines.training.adapters import add_adapters, merge_adapters
from kgqa.pipelines.training.bilingual import EncoderShape, load_trunk, open_tokenizer
from kgqa.pipelines.training.extraction_corpora import (
    TRAINING,
    TUNED,
    fingerprint,
    read_corpus,
    read_development,
    read_training,
)
from kgqa.pipelines.training.extraction_export import export_extraction, load_weights
from kgqa.pipelines.training.extraction_features import Labels, make_item
from kgqa.pipelines.training.extraction_model import ExtractionSizes, ExtractionTop
from kgqa.pipelines.training.extraction_rehearsal import with_own_reading
from kgqa.pipelines.training.extraction_report import ModelReport, report_model
from kgqa.pipelines.training.extraction_run import Source, train
from kgqa.pipelines.training.extraction_silver_names import beside_other_names, hide_names, read_prose
from kgqa.pipelines.training.extraction_thresholds import choose_name_margins, choose_pair_thresholds, keep_thresholds
from kgqa.pipelines.training.formats import read_examples, read_labelled, refuse_strange
from kgqa.pipelines.training.formats_files import COREFERENCE
from kgqa.pipelines.training.machine import Machine, add_machine, log_step, read_machine
from kgqa.types import Example

__all__ = ["average", "train_extraction"]

logger = logging.getLogger(__name__)

VERSION = "0.1.0"
ONLY = {"arguments": ("geneva", "phee", "fewfc"), "references": ("gap", "litbank", "knowledgenet")}
"""What of a model may learn alone, what reads again around triggers and around pronouns, and from data sets of which
forms."""
HELD_BACK = 0.1
"""Of a user's own data, to score on; and as much to stop on."""
GENTLE = 0.4
"""Share of the learning rate at which a trained model goes on learning."""
HIDDEN_NAMES = 0.5
"""Of the pronouns that names were hidden behind, those that an epoch sees: people annotated the others."""
STOPPING_TEXTS = 15
"""Of each development set that is not scored, to stop on."""
MOST_STOPPING_TEXTS = 300
"""Of a user's own data, to stop on: each look at them takes its time from training."""


def train_extraction(
    data: Path,
    out: Path,
    *,
    base: Path | None = None,
    start: Path | None = None,
    schema: Path | None = None,
    format: str | None = None,
    labels: Path | None = None,
    minutes: float = 40,
    seed: int = 1,
    lora: int = 0,
    rate: float | None = None,
    stop_early: bool = True,
    keep: float = 0.0,
    only: Literal["arguments", "references"] | None = None,
    machine: Machine | None = None,
    on_step: Callable[[float, float], None] | None = None,
) -> ModelReport:
    """Train an extraction model and write its folder `out`: weights, graphs, schema, settings, report, pictures and
    card.

    `base` is the encoder, by default the shipped one. On a folder of data sets training begins with the encoder's own
    upper layers, or with the weights in `start` (see `pretraining_families`). On a file it begins with the model in
    `start`, by default the shipped one, whose own reading of the texts stands for what they do not annotate; a tenth of
    the texts is held back to score on, and some more to stop on; of relations and events that the file does not
    annotate the thresholds stay, those of names and of relations between given pairs are chosen on these few. `schema`
    may add types; `labels` is a table from the data's labels to them. The checkpoint is `out/checkpoint.pt`, deleted
    once the model is written. With `lora` the upper layers learn through adapters of this rank (see `adapters`).
    `rate` is a factor on the learning rate, by default lower where a whole model in `start` goes on. Without
    `stop_early` training uses all its minutes. In the end the weights are averaged with those in `start`, which count
    with the share `keep`: what a few data sets teach then costs less of what was read in other texts (Wortsman et al.,
    "Robust fine-tuning of zero-shot models", arXiv 2109.01903). With `only` nothing but the reading of arguments, or of
    pronouns, learns; each text that has some is seen once in an epoch, and pronouns are learned from names hidden
    behind them as well where `data` is a folder (see `extraction_silver_names`). `machine` is where it runs. `on_step`
    gets the share of the time used and the running loss.

    Raises:
        ConfigError: `only` without a model in `start`.
        DataError: the data has a fault, or a label of events that the schema has no type for, or nothing for `only`.
        ModelError: `base` or `start` is not a model of its kind, or the checkpoint is of another kind of run.
    """
    torch.manual_seed(seed)
    base = base or model_path("encoder")
    fine_tuned = data.is_file()
    if fine_tuned:
        start = start or model_path("extraction")
    schema_path = schema or (start / "schema.toml" if start and fine_tuned else None)
    schema_path = schema_path or Path(kgqa.extraction.__file__).with_name("schema.toml")
    known, schema_text = Schema.load(schema_path), schema_path.read_text(encoding="utf-8")
    if data.is_file():
        schema_text += _own_types(data, known, format, labels)
        known = Schema.parse(schema_text, schema_path)
    order = Labels.of(known)
    if only and not start:
        raise ConfigError(f"--only {only} leaves the rest of a model as it is. Name that model with --start.")
    corpora, held_back, scored = _read(data, known, format, labels, only)
    if only:
        corpora = [([example for example in found if _teaches(example, only)], share) for found, share in corpora]
    taught = frozenset[str]().union(*(example.annotated_types for found, _ in corpora for example in found))
    tuned_on = held_back
    held_back = held_back if stop_early else []
    encoder = Encoder.open(base)
    if only == "references" and start and not fine_tuned:
        rng, reader = random.Random(seed), OnnxExtractor.open(start, encoder)
        corpora = [(beside_other_names(found, reader), share) for found, share in corpora]
        corpora.append((hide_names(read_prose(data, rng), reader, rng), HIDDEN_NAMES))
    if fine_tuned and start:
        read = OnnxExtractor.open(start, encoder)
        corpora = [(with_own_reading(found, read, read.schema), share) for found, share in corpora]
        held_back = with_own_reading(held_back, read, read.schema)
    examples = [example for found, _ in corpora for example in found]
    tokenizer = open_tokenizer(base)
    sources = [Source([make_item(example, tokenizer, order) for example in found], share) for found, share in corpora]
    if only:
        part = "events" if only == "arguments" else "references"
        sources = [Source([item for item in source.items if getattr(item, part)], source.share) for source in sources]
        if not any(source.items for source in sources):
            missing = "no events of the schema are" if part == "events" else "nothing that pronouns stand for is"
            raise DataError(f"{data}: {missing} annotated in it, which --only {only} learns from.")
    top = ExtractionTop.on(base, ExtractionSizes.of(order, EncoderShape.read(base).hidden_size))
    if start:
        load_weights(top, start, order)
    if only and (taught_part := getattr(top, only)) is not None:
        top.requires_grad_(False)
        taught_part.requires_grad_(True)
    if lora:
        for layers in top.upper_layers():
            add_adapters(layers, lora)
    out.mkdir(parents=True, exist_ok=True)
    checkpoint = out / "checkpoint.pt"
    run = train(
        load_trunk(base),
        top,
        sources,
        order,
        minutes=minutes,
        seed=seed,
        checkpoint=checkpoint,
        rate=rate if rate is not None else GENTLE if start and (start / "schema.toml").exists() else 1.0,
        machine=machine,
        held_back=[make_item(example, tokenizer, order) for example in held_back],
        on_step=on_step,
    )
    if lora:
        for layers in top.upper_layers():
            merge_adapters(layers)
    if start and keep:
        before = copy.deepcopy(top)  # types that are new have no other weights
        load_weights(before, start, order)
        average(top, before, keep)
    provenance = {
        "version": VERSION,
        "seed": seed,
        "data_fingerprint": fingerprint(examples),
        "training_texts": len(examples),
        "minutes": round(run.seconds / 60, 1),
        "steps": run.steps,
        "epochs": run.epochs(sources),
        "lora": lora,
        "kept": keep,
    }
    if only and start:
        first = json.loads((start / "config.json").read_text(encoding="utf-8"))
        own = ("seed", "training_texts", "minutes", "steps", "epochs")
        here = {name: provenance[name] for name in own} | {
            "rate": rate,
            "batch_tokens": machine.tokens if machine else 0,
        }
        kept = {name: value for name, value in first.items() if name in provenance and name != "version"}
        provenance |= {**kept, **{name: first[name] for name in ONLY if name in first}, only: here}
    export_extraction(top, out, order, schema_text, base=base, provenance=provenance)
    if only and start:
        _keep_graphs(start, out, only)
    if fine_tuned and start:
        keep_thresholds(out, start, taught)
        choose_name_margins(out, encoder, tuned_on)
        choose_pair_thresholds(out, encoder, tuned_on)
    report = report_model(out, data, scored, base=base, curve=run.curve, held_back_curve=run.held_back)
    checkpoint.unlink()
    return report


def _teaches(example: Example, only: str) -> bool:
    """Whether a text may have what is learned alone."""
    return bool(example.events) if only == "arguments" else COREFERENCE in example.annotated_types


def _keep_graphs(start: Path, out: Path, only: str) -> None:
    """Serve what did not learn as before, and from the thresholds that it had."""
    one, other = (json.loads((folder / "config.json").read_text(encoding="utf-8")) for folder in (start, out))
    if all(one[labels] == other[labels] for labels in ("types", "relations", "roles")):
        for name in {"top", "pairs", *ONLY} - {only}:
            if (start / f"{name}.onnx").exists():
                shutil.copyfile(start / f"{name}.onnx", out / f"{name}.onnx")


def average(top: nn.Module, other: nn.Module, share: float) -> None:
    """Make the weights of `top` the mean of both, those of `other` counting with `share`."""
    state, others = top.state_dict(), other.state_dict()
    top.load_state_dict({name: torch.lerp(weight, others[name], share) for name, weight in state.items()})


def _own_types(data: Path, schema: Schema, format: str | None, labels: Path | None) -> str:
    """The types of entities and relations that the data has and the schema lacks, as more of its text.

    Raises:
        DataError: the data has such types of events, whose roles nobody names.
    """
    strange = read_labelled(data, format, schema, labels)[1]
    refuse_strange(data, strange.events)
    added = [(part, name) for part in ("entities", "relations") for name in getattr(strange, part)]
    if added:
        logger.info("types of the data's own: %s", ", ".join(name for _, name in added))
    said = json.dumps(f"As annotated in {data.name}.", ensure_ascii=False)
    return "".join(
        f"\n[{part}.{label}]\nen = {label}\nzh = {label}\ndescription = {said}\n"
        for part, label in ((part, json.dumps(name, ensure_ascii=False)) for part, name in added)
    )


def _read(
    data: Path, schema: Schema, format: str | None, labels: Path | None, only: str | None
) -> tuple[list[tuple[Sequence[Example], float]], list[Example], list[Example]]:
    """Texts with their share in an epoch, and those that are held back: to stop on, and to score on."""
    if data.is_dir():
        unscored = [examples[1::2] for corpus, examples in read_development(data, schema) if corpus.name in TUNED]
        few = [example for examples in unscored for example in examples[:: max(1, len(examples) // STOPPING_TEXTS)]]
        if only:
            taught = [corpus for corpus in TRAINING if corpus.format in ONLY[only]]
            return [(read_corpus(data, corpus, schema), 1.0) for corpus in taught], few, []
        return [(examples, corpus.share) for corpus, examples in read_training(data, schema)], few, []
    examples = read_examples(data, format, schema, labels)
    if not any(example.annotated_types or example.relations for example in examples):
        raise DataError(f"{data}: nothing is annotated in it. Name the right --format, or other data.")
    every = max(2, round(1 / HELD_BACK))
    scored, held_back = examples[every - 1 :: every], examples[every - 2 :: every] if len(examples) >= 2 * every else []
    held_back = held_back[:: max(1, math.ceil(len(held_back) / MOST_STOPPING_TEXTS))]
    kept = {id(example) for example in (*scored, *held_back)}
    return [([example for example in examples if id(example) not in kept], 1.0)], held_back, scored


def _main() -> None:
    parser = argparse.ArgumentParser(description="Train the extraction model.")
    parser.add_argument("data", type=Path, help="folder of data sets, or an annotated file")
    parser.add_argument("out", type=Path, help="model folder to write")
    parser.add_argument("--base", type=Path, help="folder of the bilingual encoder")
    parser.add_argument("--start", type=Path, help="model folder to go on from")
    parser.add_argument("--schema", type=Path)
    parser.add_argument("--format")
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lora", type=int, default=0, help="rank of adapters; 0 trains all weights")
    parser.add_argument("--rate", type=float, help="factor on the learning rate")
    parser.add_argument("--no-stop-early", dest="stop_early", action="store_false", help="use all the minutes")
    parser.add_argument("--keep", type=float, default=0.0, help="share of the weights in --start in the final ones")
    parser.add_argument("--only", choices=ONLY, help="teach nothing but arguments of events, or pronouns")
    add_machine(parser)
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    train_extraction(
        given.data,
        given.out,
        base=given.base,
        start=given.start,
        schema=given.schema,
        format=given.format,
        minutes=given.minutes,
        seed=given.seed,
        lora=given.lora,
        rate=given.rate,
        only=given.only,
        stop_early=given.stop_early,
        keep=given.keep,
        machine=read_machine(given),
        on_step=log_step(logger),
    )


if __name__ == "__main__":
    _main()
