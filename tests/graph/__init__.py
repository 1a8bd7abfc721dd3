"""Tests of kgqa.graph."""
