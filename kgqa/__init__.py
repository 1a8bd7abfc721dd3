"""A folder of documents becomes a knowledge graph with evidence, and answers questions citing the exact words.

import kgqa

with kgqa.open("my_workspace") as kb:
    kb.ingest("docs")
    answer = kb.ask("Where did Lise Meitner work?")
"""

from kgqa import config, errors, types
from kgqa.knowledge_base import KnowledgeBase
from kgqa.knowledge_base import open_knowledge_base as open

__all__ = ["KnowledgeBase", "__version__", "config", "errors", "open", "types"]

__version__ = "0.1.0"
