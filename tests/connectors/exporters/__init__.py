"""Tests of kgqa.connectors.exporters."""
