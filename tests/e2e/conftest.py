"""A real Chromium on a real server: the page as a visitor has it."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from kgqa.ui import create_app
from kgqa.ui.app import STATIC
from tests.ui.small_knowledge import SmallKnowledge, write_documents

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-prefers-reduced-motion",
)


def missing(what: str) -> None:
    """Skip a test for want of ``what``; in continuous integration its absence is an error."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what}, and CI=true needs it", pytrace=False)
    pytest.skip(what)


def log(browser: webdriver.Chrome, kind: str) -> list[dict[str, Any]]:
    """What the browser logged since it was last asked: ``browser`` is the console, ``performance`` the network."""
    entries: list[dict[str, Any]] = browser.get_log(kind)  # type: ignore[no-untyped-call]  # selenium has no types here
    return entries


@dataclass(frozen=True)
class Site:
    """A running server and what it serves."""

    address: str
    kb: SmallKnowledge


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    if not (STATIC / "index.html").is_file():
        missing("the page is not built: run `make ui`")
    kb = SmallKnowledge(tmp_path / "workspace")
    kb.ingest(write_documents(tmp_path / "documents"))
    server = uvicorn.Server(uvicorn.Config(create_app(kb), port=0, log_level="error", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        thread.join(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Site(f"http://127.0.0.1:{port}/", kb)
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive()


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    browser, driver = shutil.which("chromium") or shutil.which("chromium-browser"), shutil.which("chromedriver")
    if not browser or not driver:
        missing("Chromium with its driver is not installed (Debian: apt-get install chromium chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = str(browser)
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    opened = webdriver.Chrome(options, Service(driver))
    yield opened
    opened.quit()


@pytest.fixture
def page(chromium: webdriver.Chrome, site: Site) -> Iterator[webdriver.Chrome]:
    """The first page as a new English visitor sees it; afterwards the console must be empty of errors."""
    chromium.set_window_size(1440, 860)
    chromium.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": site.address, "storageTypes": "all"})
    chromium.get(site.address)
    log(chromium, "browser")
    log(chromium, "performance")
    yield chromium
    errors = [entry["message"] for entry in log(chromium, "browser") if entry["level"] == "SEVERE"]
    assert errors == []
