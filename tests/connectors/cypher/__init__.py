"""Tests of Cypher without a server."""
