"""Parts by name."""

import importlib

import pytest

from kgqa import registry
from kgqa.errors import ConfigError, MissingExtra

TABLES = {
    "READERS": registry.READERS,
    "STORES": registry.STORES,
    "EXPORTERS": registry.EXPORTERS,
    "PIPELINES": registry.PIPELINES,
}


@pytest.mark.parametrize("path", sorted({path for table in TABLES.values() for path in table.values()}))
def test_every_registered_part_exists(path: str) -> None:
    module, _, attribute = path.partition(":")
    assert callable(getattr(importlib.import_module(module), attribute))


def test_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"'\.xyz' is not known.*\.pdf"):
        registry.load(registry.READERS, ".xyz")


def test_missing_package_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:

    def missing(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}", name="torch.nn")

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(MissingExtra, match=r'pip install "kgqa\[train\]"'):
        registry.load({"x": "kgqa.nowhere:X"}, "x")
