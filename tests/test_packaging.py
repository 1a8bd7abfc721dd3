"""The package as it is installed: nothing forgotten in the wheel, nothing exported that is not there, imports cheap."""

import importlib
import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import kgqa

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SOURCES = {
    "kgqa": ROOT / "kgqa",
    "kgqa.connectors": ROOT / "connectors",
    "kgqa.pipelines": ROOT / "pipelines",
    "kgqa.ui": ROOT / "ui",
}


def _packages() -> set[str]:
    found = set()
    for name, folder in SOURCES.items():
        for init in folder.rglob("__init__.py"):
            inner = init.parent.relative_to(folder)
            if "node_modules" not in inner.parts and not (
                name == "kgqa" and inner.parts[:1] in {("connectors",), ("pipelines",), ("ui",)}
            ):
                found.add(".".join([name, *inner.parts]))
    return found


def test_package_list_names_every_folder_with_code() -> None:
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == _packages()


def test_top_level_folders_are_linked_into_the_package() -> None:
    for name in ("connectors", "pipelines", "ui"):
        assert (ROOT / "kgqa" / name).resolve() == ROOT / name


@pytest.mark.parametrize("name", sorted(_packages()))
def test_what_a_package_exports_is_there(name: str) -> None:
    module = importlib.import_module(name)
    for attribute in getattr(module, "__all__", []):
        assert hasattr(module, attribute), f"{name}.{attribute}"


def test_every_module_has_a_docstring() -> None:
    for info in pkgutil.walk_packages(kgqa.__path__, "kgqa."):
        spec = info.module_finder.find_spec(info.name, None)
        assert spec is not None and spec.origin is not None
        text = Path(spec.origin).read_text(encoding="utf-8")
        assert text.lstrip().startswith(('"""', 'r"""')), f"{info.name} does not say what it is"


HEAVY = {"torch", "transformers", "faiss", "onnxruntime", "fastapi", "scipy", "tantivy"}


def test_command_line_starts_without_torch_and_without_models() -> None:
    code = f"import sys, kgqa.cli; print(sorted({HEAVY!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_lock_file_pins_versions_without_addresses() -> None:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    assert lines and not [line for line in lines if "://" in line]
    pinned = {re.split(r"[=\[ ;]", line)[0] for line in lines if "==" in line}
    wanted = {re.split(r"[<>=\[ ]", need)[0] for need in PROJECT["project"]["dependencies"]}
    assert wanted <= pinned
