"""A folder of documents becomes a knowledge graph with evidence, and answers questions citing the exact words."""

__version__ = "0.1.0"
