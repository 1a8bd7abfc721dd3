"""The sample corpus: documents in English and Chinese on the development of language models, and 40 questions.

The documents were written for kgqa and are under its licence, Apache-2.0. They hold, on purpose, accounts that
differ, names that mean two things, facts that need two documents, pronouns, negations and plans that came to nothing.
"""

from pathlib import Path

__all__ = ["sample_demo", "sample_documents", "sample_questions"]

_FOLDER = Path(__file__).parent


def sample_documents() -> Path:
    """The folder of the documents; `en/` and `zh/` lie in it."""
    return _FOLDER / "documents"


def sample_questions() -> Path:
    """The questions with their answers, one JSON object a line (keys: `tests/sample/test_questions.py`)."""
    return _FOLDER / "questions.jsonl"


def sample_demo() -> Path:
    """The three questions that `make demo` asks: a JSON list, each with the keys of the other questions."""
    return _FOLDER / "demo.json"
