"""What the encoder can do, measured, and the model card that says so.

    python -m kgqa.pipelines.training.encoder_card JOINT SENTENCES --data DATA --out MODEL

JOINT and SENTENCES are the folders `final` of the run that learned everything and of the one that learned sentence
embeddings after it; DATA holds `text/`, `reading/` and `qa/`; MODEL is the exported folder, and gets its README.md.
"""

import argparse
import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
import torch

from kgqa.encoder import Encoder
from kgqa.pipelines.training.bilingual import Trunk, load_encoder, mean_pooled
from kgqa.pipelines.training.encoder import BASE_SHA256, english_base
from kgqa.pipelines.training.encoder_export import export_encoder
from kgqa.pipelines.training.pretraining_data import Pair, read_lines, read_pairs
from kgqa.pipelines.training.reader_data import read_development
from kgqa.pipelines.training.vocabulary import UNKNOWN

logger = logging.getLogger(__name__)

Embed = Callable[[Sequence[str]], npt.NDArray[np.float32]]
QUESTIONS, CONTEXTS = 250, 250


@dataclass(frozen=True, slots=True)
class Samples:
    """Texts to measure on: translations held out of training, and questions of sets that no run saw with the text that
    answers them."""

    translations: list[Pair]
    held_out: int
    english: list[tuple[str, str]]
    chinese: list[tuple[str, str]]

    @classmethod
    def read(cls, data: Path) -> "Samples":
        """From a folder with `text/`, `reading/` and `qa/`."""
        held = [pair for pair in read_pairs(data / "text") if pair.held_out and len(pair.chinese) < 126]
        english = [
            (str(line["question"]), str(line["sentence"]))
            for line in read_lines(data / "reading" / "squad_train_question_sentence_pairs.jsonl.xz")
        ]
        chinese = {question.context: question.question for question in read_development(data, "drcd")}
        one_each = {sentence: question for question, sentence in english}
        return cls(
            held[::2][:QUESTIONS],
            len(held),
            [(q, s) for s, q in one_each.items()][:QUESTIONS],
            [(question, context) for context, question in chinese.items()][:CONTEXTS],
        )


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares found at the first place among all, cosines to the original's embeddings, and speed."""

    chinese_to_english: float
    english_to_chinese: float
    english_questions: float
    chinese_questions: float
    english_cosine: float
    tokens_per_second: float


def measure(embed: Embed, tokens: Callable[[Sequence[str]], int], samples: Samples, original: Embed) -> Figures:
    """The figures of one embedder, beside the embeddings of the English model it started from."""
    english_texts = [pair.english for pair in samples.translations]
    begun = time.perf_counter()
    chinese = embed([pair.chinese for pair in samples.translations])
    english = embed(english_texts)
    seconds = time.perf_counter() - begun
    read = tokens([text for pair in samples.translations for text in (pair.chinese, pair.english)])
    return Figures(
        _found(chinese, english),
        _found(english, chinese),
        _found(*(embed(side) for side in zip(*samples.english, strict=True))),
        _found(*(embed(side) for side in zip(*samples.chinese, strict=True))),
        float((english * original(english_texts)).sum(axis=1).mean()),
        read / seconds,
    )


def _found(questions: npt.NDArray[np.float32], texts: npt.NDArray[np.float32]) -> float:
    """The share of rows whose own text is nearest among all."""
    return float(((questions @ texts.T).argmax(axis=1) == np.arange(len(texts))).mean())


def torch_embed(encoder: Trunk, like: Encoder) -> Embed:
    """Embeddings by torch in fp32 of texts cut at 510 tokens; ids beyond the vocabulary are unknown."""

    @torch.no_grad()
    def embed(texts: Sequence[str]) -> npt.NDArray[np.float32]:
        rows = []
        for ids, _ in like.tokenize(texts):
            row = torch.tensor([[like.cls_id, *ids[:510], like.sep_id]])
            known = torch.where(row < encoder.shape.vocab_size, row, UNKNOWN)
            rows.append(mean_pooled(encoder(known, torch.ones_like(row)), torch.ones_like(row)))
        return torch.cat(rows).numpy()

    return embed


def compare(trained: Path, model: Path, samples: Samples, threads: int) -> dict[str, Figures]:
    """Figures of the original English model, of the graphs in fp32, and of what is served."""
    served = Encoder.open(model, threads=threads)
    count = _counter(served)
    original = torch_embed(load_encoder(english_base()).eval(), served)
    with TemporaryDirectory() as folder:
        export_encoder(trained, Path(folder) / "exact", int8=False)
        exact = Encoder.open(Path(folder) / "exact", threads=threads)
        return {
            "all-MiniLM-L6-v2, fp32": measure(original, count, samples, original),
            "this model, fp32": measure(exact.embed, count, samples, original),
            "this model, int8 (served)": measure(served.embed, count, samples, original),
        }


def _counter(encoder: Encoder) -> Callable[[Sequence[str]], int]:
    return lambda texts: sum(len(ids) + 2 for ids, _ in encoder.tokenize(texts))


def card(figures: dict[str, Figures], samples: Samples, joint: Path, sentences: Path, config: dict[str, object]) -> str:
    """The model card in Markdown."""
    run, last = (json.loads((folder / "DONE").read_text(encoding="utf-8")) for folder in (joint, sentences))
    rows = "\n".join(
        f"| {name} | {f.chinese_to_english:.3f} / {f.english_to_chinese:.3f} | {f.english_questions:.3f} "
        f"| {f.chinese_questions:.3f} | {f.english_cosine:.3f} | {f.tokens_per_second:,.0f} |"
        for name, f in figures.items()
    )
    return CARD.format(
        rows=rows,
        name=config["name"],
        minutes=run["minutes"],
        steps=run["steps"],
        guessed=run["guessed"],
        held=samples.held_out,
        last_minutes=last["minutes"],
        last_steps=last["steps"],
        to_english=last["chinese_to_english"],
        to_chinese=last["english_to_chinese"],
        base=BASE_SHA256,
        translations=len(samples.translations),
        english=len(samples.english),
        chinese=len(samples.chinese),
    )


CARD = """# {name}

The shared encoder of kgqa: all-MiniLM-L6-v2 (MiniLM, 6 layers, 384 wide, uncased) with 5,284 Chinese characters
added to its vocabulary, trained further so that one network reads English, Chinese and text that mixes them.

| file | what |
|---|---|
| `trunk.onnx` | embeddings and layers 0-2, int8: shared by every model family, computed once per text |
| `embedder.onnx` | layers 3-5 and the mean, int8: sentence embeddings, 384 numbers of unit length |
| `model.safetensors` | all six layers, fp16: what `kgqa train` starts from, with the word embeddings of `trunk.onnx` |
| `tokenizer.json` | word pieces; compatibility forms are folded; each Chinese character is a piece of its own |

## Figures
Found at the first place among all; n = {translations} translations held out of training, {english} English
questions of SQuAD to their sentence, {chinese} Chinese questions of DRCD to their passage, none of them seen in
training. The cosine is to the original's embedding
of the same English.

| | zh→en / en→zh | English questions | Chinese questions | English cosine | tokens/s |
|---|---|---|---|---|---|
{rows}

At the end of training, among all {held} translations held out: zh→en {to_english:.3f}, en→zh {to_chinese:.3f}; of the
Chinese characters hidden in text held out it guessed {guessed:.3f} right after the sixth run (.088 after the first,
.195 after the second, .287 after the third). Speeds were measured in one run on a busy machine; the original ran one
text at a time in torch.

## Training
Seven runs, each bounded by time, so that another machine takes another number of steps; the first five on one or two
CPU cores, the last two on one H200:

1. `python -m kgqa.pipelines.training.encoder --data DATA/text --out FIRST`: 445 steps in 28 minutes, batches of 4,500
   tokens. Two tasks alternate: the Chinese side of a translation (and of dictionary words, a quarter) is pulled to the
   frozen English embedding of its pair (in-batch contrast and cosine; now and then the English side is held in
   place), and masked Chinese words are guessed. Added characters start as the weighted mean of their dictionary
   glosses.
2. the same with `--start FIRST --families DATA --rate 3e-4 --tokens 3000 --minutes 66`: 1,138 steps in 66 minutes. Of
   five steps two guess masked words (a quarter is hidden), one aligns translations, one reads entities, relations and
   coreference, one reads answers: what the families will be asked shapes the trunk before it is frozen. The families'
   data are named in their cards. A few minutes of `--sentences-only` followed.
3. the same again with `--start SECOND` on a processor that multiplies bfloat16: 3,713 steps in 55 minutes.
4. `--start THIRD --sentences-only --questions DATA --minutes 13`: 448 steps on the upper layers alone: Chinese sides,
   English held where it was, English and Chinese questions beside their passages (CMRC 2018, SQuADShifts, QED, QAMR),
   in turn.
5. the same with `--start FOURTH --rate 2e-4 --threads 1 --minutes 80`: 613 steps; English questions and their passages
   are held near the original's embeddings, too.
6. everything together, with dropout, since the families' data are seen several times: `--start FIFTH --families DATA
   --questions DATA --dropout 0.1 --rate 5e-4 --tokens 27000 --minutes {minutes:.1f} --device cuda --workers 6`:
   {steps:,} steps.
7. `--start SIXTH --sentences-only --questions DATA --dropout 0.1 --rate 3e-4 --tokens 27000
   --minutes {last_minutes:.1f} --device cuda`: {last_steps:,} steps.

Data, all allowing redistribution of what is trained on it: English-Chinese pairs of the Python, Django, React,
CNCF, Dive into Deep Learning, Open Source Guides and LCTT translations, Taiwan's laws and Tatoeba (CC0, PSF, BSD,
CC BY, CC BY-SA, public domain); Chinese Wikipedia sentences (Common Voice, CC0) and paragraphs, OI Wiki, PingCAP
documentation, laws of the PRC and Taiwan, court judgments (CAIL), KdConv, FewFC and FinRE news, literature (Lu Xun,
public domain; children's stories of CMRC 2019, CC BY-SA); CC-CEDICT (CC BY-SA).
Base weights: all-MiniLM-L6-v2, Apache-2.0, SHA-256 `{base}`.

## Known weaknesses
- Chinese was learned from about forty million tokens, most of them once: good enough to find texts, weak as a language
  model.
  Names and everyday language are rarer in the data than software and law. Characters outside the 5,528 known ones
  are unknown.
- Case and accents are lost; families that need case add an embedding of word shapes.
- Language pairs other than English and Chinese were not looked at.

Licence: Apache-2.0.
"""


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("joint", type=Path, help="folder `final` of the run with everything")
    parser.add_argument("sentences", type=Path, help="folder `final` of the run with sentence embeddings alone")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="exported model folder")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    torch.set_num_threads(options.threads)
    samples = Samples.read(options.data)
    figures = compare(options.sentences, options.out, samples, options.threads)
    config = json.loads((options.out / "config.json").read_text(encoding="utf-8"))
    told = card(figures, samples, options.joint, options.sentences, config)
    (options.out / "README.md").write_text(told, encoding="utf-8")


if __name__ == "__main__":
    main()
