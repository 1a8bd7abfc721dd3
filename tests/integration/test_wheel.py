"""The wheel as a user gets it: installed alone, with the sources out of the way, without torch, and small."""

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LARGEST_INSTALL = 700_000_000
"""Bytes of a core install."""

pytestmark = [pytest.mark.integration, pytest.mark.timeout(900)]


def _uv() -> str:
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if not found:
        if os.environ.get("CI") == "true":
            pytest.fail("uv is missing: run the tests with `make test`")
        pytest.skip("uv is missing: run the tests with `make test`")
    return found


def _run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "KGQA", "VIRTUAL_ENV"))
    }
    done = subprocess.run([str(c) for c in command], cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    sources = out / "sources"
    tracked = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True
    )
    names = [name for name in tracked.stdout.decode().split("\0") if name] if tracked.returncode == 0 else []
    if not names:
        pytest.skip("not a git checkout: the list of sources is unknown")
    for name in [*names, *(str(p.relative_to(ROOT)) for p in (ROOT / "ui" / "static").rglob("*") if p.is_file())]:
        source, target = ROOT / name, sources / name
        if source.is_symlink() or source.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)
    _run(_uv(), "build", "--quiet", "--wheel", "--python", sys.executable, "--out-dir", out, sources, cwd=out)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("environment")
    venv = folder / "venv"
    _run(_uv(), "venv", "--quiet", "--python", sys.executable, venv, cwd=folder)
    python = venv / "bin" / "python"
    _run(
        _uv(),
        "pip",
        "install",
        "--quiet",
        "--python",
        python,
        "--constraint",
        ROOT / "requirements.lock",
        wheel,
        cwd=folder,
    )
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_wheel_holds_kgqa_alone_with_models_page_and_sample(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"kgqa"}
    for part in (
        "models/encoder/trunk.onnx",
        "models/extraction/top.onnx",
        "models/reader/top.onnx",
        "models/relations/weights.npy",
        "sample/questions.jsonl",
    ):
        assert f"kgqa/{part}" in names
    assert "kgqa/ui/static/index.html" in names and "kgqa/pipelines/ingestion/__init__.py" in names


def test_core_install_is_small_and_without_torch(environment: Path) -> None:
    packages = next((environment / "venv" / "lib").glob("python*")) / "site-packages"
    size = sum(file.stat().st_size for file in packages.rglob("*") if file.is_file() and not file.is_symlink())
    assert size < LARGEST_INSTALL, f"{size / 1e6:.0f} MB"
    assert not (packages / "torch").exists()


def test_installed_wheel_ingests_and_answers(environment: Path) -> None:
    (environment / "docs").mkdir()
    (environment / "docs" / "curie.txt").write_text("Marie Curie was born in Warsaw in 1867.", encoding="utf-8")
    (environment / "docs" / "tu.txt").write_text("屠呦呦1930年出生于宁波。", encoding="utf-8")
    kgqa = environment / "venv" / "bin" / "kgqa"
    _run(kgqa, "doctor", cwd=environment)
    _run(kgqa, "ingest", "docs", cwd=environment)
    assert "Warsaw" in _run(kgqa, "search", "Marie Curie", cwd=environment).stdout
    assert "宁波" in _run(kgqa, "search", "屠呦呦", cwd=environment).stdout


def test_training_without_torch_names_the_extra(environment: Path) -> None:
    kgqa = environment / "venv" / "bin" / "kgqa"
    (environment / "a.conll").write_text("Marie B-PER\nCurie I-PER\n", encoding="utf-8")
    done = subprocess.run(
        [kgqa, "train", "entities", "--data", "a.conll", "--out", "m"], cwd=environment, capture_output=True, text=True
    )
    assert done.returncode == 1 and 'pip install "kgqa[train]"' in done.stderr
