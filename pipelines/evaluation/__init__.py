"""Benchmarks: what the models and the whole way score on annotated data."""
