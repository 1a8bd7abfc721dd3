"""Tests of the Neo4j connector, and the real server they run against."""
