"""The graph in files of other formats: one module for each, with ``export(graph, path)``."""
