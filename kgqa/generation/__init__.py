"""From passages to an answer: reading, composing, grounding."""

from kgqa.generation.answerer import Answerer, Retriever, answer_stream
from kgqa.generation.compose import Statement, compose
from kgqa.generation.evidence import AnswerStore
from kgqa.generation.facts import Facts
from kgqa.generation.grounding import Grounded, ground
from kgqa.generation.names import Links, Name, Names, headed, is_name, named_share, question_names
from kgqa.generation.reader import OnnxReader, Reader, Reading, open_reader
from kgqa.generation.relations import RelationClassifier, RelationLinker
from kgqa.generation.weighing import TokenStates
from kgqa.generation.whole import WholeAnswers

__all__ = [
    "AnswerStore",
    "Answerer",
    "Facts",
    "Grounded",
    "Links",
    "Name",
    "Names",
    "OnnxReader",
    "Reader",
    "Reading",
    "RelationClassifier",
    "RelationLinker",
    "Retriever",
    "Statement",
    "TokenStates",
    "WholeAnswers",
    "answer_stream",
    "compose",
    "ground",
    "headed",
    "is_name",
    "named_share",
    "open_reader",
    "question_names",
]
