"""The card of an extraction model: what it reads, from what data, how well, and where it fails."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kgqa.pipelines.evaluation.extraction import ExtractionReport, Scores

if TYPE_CHECKING:
    from kgqa.pipelines.training.extraction_report import ModelReport

__all__ = ["write_card"]

_DATA = """
| data | licence | what was used |
|---|---|---|
| UNER English EWT, UNER Chinese GSDSIMP (Mayhew et al. 2024) | CC BY-SA 4.0 | train parts |
| WNUT-17, Broad Twitter Corpus, WikiGold | CC BY 4.0 | train; samples; four fifths of WikiGold |
| CrossNER (Liu et al. 2021) | MIT, text CC BY-SA | train and four fifths of dev; AI four times |
| Weibo NER (Peng and Dredze 2015) | CC BY-SA 3.0 | named mentions of train |
| KnowledgeNet (Mesquita et al. 2019) | CC BY-SA 4.0 | four fifths of the documents of folds 1–3 |
| Re-DocRED (Tan et al. 2022) | MIT, text CC BY-SA | four fifths of its development part (no train part was to be had) |
| FewRel, wiki80 | MIT, text CC BY-SA | pairs of the relations in the schema |
| FinRE (Li et al. 2019) | MIT | train; all relations; their ends as organisations |
| SemEval-2010 task 8 (Hendrickx et al. 2010) | CC BY 3.0 | four fifths of train |
| GENEVA (Parekh et al. 2023), after FrameNet (Baker et al. 1998) | CC BY 3.0 | train, put together from parts |
| PHEE (Sun et al. 2022) | MIT | train |
| FewFC (Zhou et al. 2021) | CC BY-SA 4.0 | four fifths of both training parts |
| GAP (Webster et al. 2018) | Apache-2.0 | development part |
| LitBank (Bamman et al. 2020) | CC BY 4.0 | four fifths of the texts |
| names of Natural Earth, name-suggestion-index, GeoNames | public domain, BSD, CC BY | put in place of others |
| KdConv (Zhou et al. 2020) | Apache-2.0 | four fifths of its dev files: facts found again in what is said |
| SQuAD-shifts (new Wikipedia), QED, CLAP NQ | CC BY 4.0, CC BY-SA 3.0, Apache-2.0 | names hidden behind pronouns |
| CMRC 2018 and 2019, Lu Xun, FewFC's and FinRE's news | CC BY-SA 4.0, public domain, MIT | the same, Chinese |
| Chinese Wikipedia: sentences, paragraphs; LCTT; facts of PRQA | CC0, CC BY-SA; CC BY-SA; Apache-2.0 | silver labels |

Only types that a set's annotators looked for count as absent where they are not marked. Two things are taken for
granted in all: no reference begins with a word that is neither a pronoun nor an article, and no group, work, product,
event or award is written in lower case throughout. Texts that name a product are seen again with an invented name,
UNER, Weibo and WikiGold again with other names of their kind.
"""

_WEAK = """
- Negation and supposition are read by cue words and their scope, not learned.
- Of events the triggers are mostly found, half of the English roles and a third of the Chinese ones are not; one
  trigger may get several types. Adverse events and therapies look likely to it in any text, so that they must be so
  sure that hardly any is read.
- Chinese dates, works and products were learned from silver labels (patterns for complete dates, titles in book-title
  marks and names with a version number, which teach but are not used at run time). So were Chinese relations: facts
  that KdConv's speakers rest on and that their words hold, and what strict patterns and PRQA's facts find in sentences
  of Wikipedia and LCTT (38 of 40, 35 of 40 and 39 of 40 right where they were read one by one; places in places are
  most of them). Annotated are only those between companies (FinRE). Chinese quantities, events, awards and concepts
  come from English, through the shared encoder: recall on them is low.
- Adjectives of nations (`Group`), awards and concepts have few training examples; legislation has no type of its own.
- Coreference looks at one chunk at a time; Chinese pronouns were learned from hidden names alone.
- FinRE's labels are incomplete: the score on it says more about that than about the model.
"""

_START = """START is what the encoder's joint pretraining wrote (`extraction`, see the encoder's card), or a model to go
on from.
"""


_AGAIN = {"arguments": "the arguments of events", "references": "what pronouns stand for"}

_ALONE = """What reads {what} was then trained alone, the rest staying as it was: {steps} steps in {minutes} minutes on
{training_texts} texts, seed {seed}.
"""

_COMMAND_ALONE = """
Then, from what that wrote, {what}; the weights that ship began with the layers of the first reading:

    kgqa train extraction --data DATA --out OUT --start OUT1 --only {only} --rate {rate} \\
        --batch-tokens {batch_tokens} --no-stop-early --minutes {minutes} --seed {seed}
"""

_WHAT = """Reads entities, relations, events and coreference in English and Chinese in one pass over the shared encoder,
with exact character offsets. Upper layers of a six-layer BERT; spans by Efficient GlobalPointer; pairs with localized
context. Around each trigger other upper layers read the trunk's states again, knowing the trigger and the type of its
event: spans, role by role; and others around each pronoun, knowing the names that it may stand for. Beside its words
the model sees how English ones are written, and of a Chinese character its place in a word of jieba's dictionary
(rjieba, MIT) and that word's part of speech.
"""

_HOW = """As served (int8). Entities: both borders and the type are right. Relations: both ends overlap annotated ones
(KnowledgeNet's text F1), end to end from raw text; of Re-DocRED any mention of the right entity will do. Coreference: a
reference and what it stands for, end to end. Relations of given pairs (FinRE, SemEval): relation and direction. Events:
triggers, then arguments, by type of event, role and borders. Intervals are 95 % by bootstrap over texts. Thresholds
were chosen on texts that are not scored here.
"""


def write_card(report: ModelReport, path: Path, *, own: bool) -> None:
    """Write the card; of a model trained on a user's own file without what is true of the shipped one only."""
    settings = report.settings
    again = [
        {"only": only, "what": what, **one}
        for only, what in _AGAIN.items()
        if isinstance(one := settings.get(only), dict)
    ]
    parts = [
        "# kgqa extraction\n",
        _WHAT,
        f"Version {settings['version']}, seed {settings['seed']}; {settings['steps']} steps in {settings['minutes']} "
        f"minutes on {settings['training_texts']} texts (fingerprint `{settings['data_fingerprint']}`); "
        f"encoder trunk `{settings['trunk_id']}`.\n",
        *(_ALONE.format(**one) for one in again),
        "Files: " + ", ".join(f"`{name}` {size} MB" for name, size in report.megabytes.items()) + ".\n",
        "## Scores\n",
        _HOW,
        _table(report.scores),
        "\n![F1 by type](scores.png)\n\n![Learning curve](learning_curve.png)\n",
        "## By type\n",
        *(_types(one) for one in report.scores),
    ]
    if not own:
        command = (
            "kgqa train extraction --data DATA --out OUT --start START "
            f"--minutes {settings['minutes']} --seed {settings['seed']}"
        )
        command += f" --keep {settings['kept']}" if settings.get("kept") else ""
        parts += ["\n## Data\n", _DATA, "\n## Known weaknesses\n", _WEAK, f"\n## Command\n\n    {command}\n", _START]
        parts += [_COMMAND_ALONE.format(**one) for one in again]
    path.write_text("\n".join(parts), encoding="utf-8")


def _table(reports: tuple[ExtractionReport, ...]) -> str:
    head = ["| data | task | precision | recall | F1 | 95 % | n | texts |", "|---|---|---|---|---|---|---|---|"]
    rows = []
    for r in reports:
        rows.append(f"| {r.data} | {r.task} | {_numbers(r)} | {r.texts} |")
        for what, scores in (("arguments", r.arguments), ("arguments, triggers given", r.arguments_gold_trigger)):
            if scores is not None:
                rows.append(f"| {r.data} | {what} | {_numbers(scores)} | {r.texts} |")
    return "\n".join([*head, *rows])


def _types(report: ExtractionReport) -> str:
    head = ["| type | precision | recall | F1 | 95 % | n |", "|---|---|---|---|---|---|"]
    rows = [f"| {name} | {_numbers(scores)} |" for name, scores in report.per_type.items()]
    return "\n".join([f"\n### {report.data}: {report.task}\n", *head, *rows])


def _numbers(scores: Scores | ExtractionReport) -> str:
    low, high = scores.interval
    return f"{scores.precision:.3f} | {scores.recall:.3f} | **{scores.f1:.3f}** | {low:.3f}–{high:.3f} | {scores.n}"
