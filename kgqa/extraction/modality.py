"""Whether a text states a thing, denies it or leaves it open, by cue words and how far they reach.

Chapman et al., "A Simple Algorithm for Identifying Negated Findings and Diseases in Discharge Summaries" (NegEx, 2001,
https://doi.org/10.1006/jbin.2001.1029): a cue reaches to the end of its clause, some words only look like cues. Harkema
et al., "ConText" (2009, https://doi.org/10.1016/j.jbi.2009.05.002): cues of uncertainty, and cues that reach back.
The words are data, in `modality.toml`.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from kgqa.errors import ConfigError
from kgqa.types import Modality, Span

__all__ = ["Cues", "Scope", "modality_of"]

_SHIPPED = Path(__file__).with_name("modality.toml")
_KINDS = {"negated": Modality.NEGATED, "uncertain": Modality.UNCERTAIN}
_MARKS = re.compile("[,;:，；：。！？!?—()（）]")
_OR_FOLLOWS = re.compile(r",\s+(?:[^,;]{1,40},\s+)*(?:[^,;]{1,40}\s)?(?:or|nor)\b")
"""A comma within a list that "or" closes ends nothing: "did not buy A, B or C"."""
_MONTH = re.compile(r"May(?= \d|[,.])")
_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
"""Only these, so that all offsets stay."""
_QUESTION = re.compile("[?？][”’\"'」』）)]*$")

_Reach = tuple[Modality, str]
"""What a cue makes of a statement, and whether it speaks `forward`, `backward` or of the whole `sentence`."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What a cue speaks about: a stretch of text."""

    start: int
    end: int
    modality: Modality
    cue: Span

    def covers(self, start: int, end: int) -> bool:
        """Whether the span begins in it and is not part of the cue itself."""
        return self.start <= start < self.end and not (start < self.cue.end and self.cue.start < end)


@dataclass(frozen=True, slots=True)
class Cues:
    """Cue words of all languages."""

    pattern: re.Pattern[str]
    """Any cue, and what only looks like one, in lower case."""
    ends: re.Pattern[str]
    """Where a clause ends."""
    reach: Mapping[str, _Reach]
    endings: Sequence[tuple[re.Pattern[str], _Reach]]
    """Of the cues that may end in any way."""

    @classmethod
    @cache
    def load(cls, path: Path = _SHIPPED) -> "Cues":
        """The cues in a file, by default those that ship.

        Raises:
            ConfigError: the file cannot be read.
        """
        try:
            raw = tomllib.loads(path.read_text(encoding="utf-8"))
            reach = {
                cue: (modality, direction)
                for language in raw.values()
                for name, modality in _KINDS.items()
                for direction, cues in language[name].items()
                for cue in cues
            }
            others = [cue for language in raw.values() for cue in language["not_cues"]]
            ends = [end for language in raw.values() for end in language["ends"]]
        except (OSError, ValueError, KeyError, AttributeError) as error:
            form = f"They are TOML of the form of {_SHIPPED.name}"
            raise ConfigError(f"The cues {path} cannot be read ({error!r}). {form}.") from error
        endings = [(re.compile(_pattern(cue)), found) for cue, found in reach.items() if "*" in cue]
        return cls(re.compile(f"{_words([*reach, *others])}|n['’]t(?![a-z])"), re.compile(_words(ends)), reach, endings)

    def scopes(self, text: str, sentence: Span, names: Iterable[tuple[int, int]] = ()) -> list[Scope]:
        """What the cues of a sentence speak about; words within `names` are no cues."""
        taken, lower, found = list(names), text.translate(_LOWER), list[Scope]()
        if _QUESTION.search(text[sentence.start : sentence.end]):
            found.append(Scope(sentence.start, sentence.end, Modality.UNCERTAIN, Span(sentence.end, sentence.end)))
        for match in self.pattern.finditer(lower, sentence.start, sentence.end):
            reach = self._reach(match[0])
            named = any(match.start() < end and start < match.end() for start, end in taken)
            if reach is None or named or _MONTH.match(text, match.start()):
                continue
            modality, direction = reach
            start, end = sentence.start, sentence.end
            if direction == "forward":
                start, end = match.start(), self._end(lower, match.end(), sentence.end)
            elif direction == "backward":
                start, end = self._start(lower, sentence.start, match.start()), match.end()
            found.append(Scope(start, end, modality, Span(match.start(), match.end())))
        return found

    def _reach(self, word: str) -> _Reach | None:
        cue = " ".join(word.split())
        return self.reach.get(cue) or next((found for pattern, found in self.endings if pattern.fullmatch(cue)), None)

    def _end(self, text: str, start: int, end: int) -> int:
        """Where a clause ends that goes on from `start`; a mark that follows at once does not end it."""
        begin = start + len(text[start:end]) - len(text[start:end].lstrip(" ,，"))
        stops = [match.start() for match in self.ends.finditer(text, begin, end)]
        stops += [m.start() for m in _MARKS.finditer(text, begin, end) if not _OR_FOLLOWS.match(text, m.start(), end)]
        return min(stops, default=end)

    def _start(self, text: str, start: int, end: int) -> int:
        stops = [match.end() for match in self.ends.finditer(text, start, end)]
        stops += [match.end() for match in _MARKS.finditer(text, start, end)]
        return max(stops, default=start)


def modality_of(text: str, scopes: Sequence[Scope], spans: Sequence[tuple[int, int]]) -> Modality:
    """What the scopes make of a statement whose words are at these places: any of them counts.

    What is both denied and left open ("may not have") is left open, and so is what is denied twice ("did not deny").
    """
    over = [scope for scope in scopes if any(scope.covers(*span) for span in spans)]
    denials = [scope.cue for scope in over if scope.modality is Modality.NEGATED]
    twice = any(not text[one.end : two.start].strip() for one, two in pairwise(denials))
    if len(denials) < len(over) or twice:
        return Modality.UNCERTAIN
    return Modality.NEGATED if denials else Modality.ASSERTED


def _words(cues: Iterable[str]) -> str:
    """A pattern of the words, the longest first; those in Latin letters are whole words."""
    ordered = sorted(set(cues), key=lambda cue: (-len(cue), cue))
    latin = "|".join(_pattern(cue) for cue in ordered if cue[0].isascii())
    chinese = "|".join(re.escape(cue) for cue in ordered if not cue[0].isascii())
    return f"{chinese}|(?<![a-z0-9])(?:{latin})(?![a-z0-9])"


def _pattern(cue: str) -> str:
    return re.escape(cue).replace(r"\*", "[a-z]*").replace(r"\ ", r"\s+")
