"""The page in Chromium: ask, open the evidence, graph, documents, both languages, both themes."""

from __future__ import annotations

import gzip
import json
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from kgqa.ui.app import STATIC
from tests.e2e.conftest import Site, log, missing

pytestmark = pytest.mark.e2e

AXE = Path(__file__).parents[2] / "ui" / "web" / "node_modules" / "axe-core" / "axe.min.js"
QUESTIONS = {
    "en": "Which Nobel Prize in Chemistry did Otto Hahn receive?",
    "zh": "屠呦呦从青蒿中提取出什么?",
}


def _wait(page: Chrome, condition: Callable[[Chrome], Any]) -> Any:
    return WebDriverWait(page, 20, poll_frequency=0.05).until(condition)


def _find(page: Chrome, css: str) -> WebElement:
    found: WebElement = _wait(page, lambda p: next(iter(p.find_elements(By.CSS_SELECTOR, css)), None))
    return found


def _ask(page: Chrome, question: str) -> WebElement:
    finished = '.answer[data-state="done"]'
    before = len(page.find_elements(By.CSS_SELECTOR, finished))
    _find(page, "#question").send_keys(question, Keys.ENTER)
    _wait(page, lambda p: len(p.find_elements(By.CSS_SELECTOR, finished)) == before + 1)
    return page.find_elements(By.CSS_SELECTOR, finished)[-1]


def _api(site: Site, path: str) -> Any:
    with urllib.request.urlopen(f"{site.address}api/{path}", timeout=10) as response:
        return json.load(response)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_chip_opens_the_evidence_with_the_cited_words_marked(page: Chrome, site: Site, language: str) -> None:
    answer = _ask(page, QUESTIONS[language])
    chip = answer.find_element(By.CSS_SELECTOR, ".chip")
    assert chip.accessible_name.startswith("Source 1: ")
    assert min(chip.size["width"], chip.size["height"]) >= 24
    chip.click()
    marked = _find(page, ".evidence mark").get_property("textContent")
    (done,) = [e for e in site.kb.conversation().stream(QUESTIONS[language]) if e.event == "done"]
    citation = done.answer.citations[0]  # type: ignore[union-attr]
    document = _api(site, f"documents/{citation.document_id}")
    assert marked == citation.quote == document["text"][citation.start : citation.end]
    page.switch_to.active_element.send_keys(Keys.ESCAPE)
    _wait(page, lambda p: not p.find_elements(By.CSS_SELECTOR, ".evidence"))
    assert page.switch_to.active_element == chip


def test_marks_are_by_offset_where_emoji_stand_before_them(page: Chrome, site: Site) -> None:
    document = site.kb.documents()[0]
    text = site.kb.document(document.id).text
    start = text.index("🏅 for")
    chunk = next(c for c in site.kb.chunks(document.id) if c.start <= start < c.end)
    page.get(f"{site.address}#/p/{chunk.id}?s={start}&e={start + 5}")
    page.refresh()
    assert _find(page, ".evidence mark").get_property("textContent") == "🏅 for"


def test_a_question_without_an_answer_is_declined(page: Chrome) -> None:
    answer = _ask(page, "How tall is the Eiffel Tower in metres, measured in December?")
    assert answer.find_element(By.CSS_SELECTOR, ".abstention p").text == "The documents do not say."
    assert answer.find_elements(By.CSS_SELECTOR, ".chip") == []


def test_examples_can_be_asked_with_a_click_and_followed_up(page: Chrome) -> None:
    _wait(page, lambda p: len(p.find_elements(By.CSS_SELECTOR, ".example")) == 3)
    page.find_elements(By.CSS_SELECTOR, ".example")[0].click()
    _find(page, '.answer[data-state="done"]')
    answer = _ask(page, "Where was she born in Vienna?")
    assert "Searched for:" in answer.text


def test_enter_while_composing_sends_nothing(page: Chrome) -> None:
    box = _find(page, "#question")
    box.send_keys("nihao")
    page.execute_script(
        "arguments[0].dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true, isComposing: true}))",
        box,
    )
    assert page.find_elements(By.CSS_SELECTOR, ".answer") == []
    assert box.get_property("value") == "nihao"
    box.send_keys(Keys.ENTER)
    _find(page, ".answer")


def test_graph_shows_the_answer_and_its_list_leads_to_evidence(page: Chrome) -> None:
    _ask(page, "In which town was Lise Meitner born, Vienna?")
    _find(page, ".canvas canvas")
    _wait(page, lambda p: p.find_element(By.CSS_SELECTOR, ".bar .note").text == "3 of 8 entities")
    _wait(page, lambda p: _button(p, "List view")).click()
    names = {row.text for row in page.find_elements(By.CSS_SELECTOR, ".stage td button")}
    assert names == {"Lise Meitner", "Vienna", "Berlin"}
    _wait(page, lambda p: _button(p, "Lise Meitner")).click()
    fact = _find(page, ".facts li")
    assert "born in" in fact.text
    fact.find_element(By.CSS_SELECTOR, ".chip").click()
    assert "born in Vienna" in str(_find(page, ".evidence mark").get_property("textContent"))


def test_stop_keeps_the_partial_text_and_ends_the_servers_work(page: Chrome, site: Site) -> None:
    site.kb.pause = 0.3
    _find(page, "#question").send_keys(QUESTIONS["en"], Keys.ENTER)
    _wait(page, lambda p: "received" in p.find_element(By.CSS_SELECTOR, ".answer .text").text)
    _wait(page, lambda p: _button(p, "Stop")).click()
    answer = _find(page, '.answer[data-state="stopped"]')
    assert "Otto Hahn received" in answer.text
    assert "fission" not in answer.find_element(By.CSS_SELECTOR, ".text").text
    WebDriverWait(page, 1, poll_frequency=0.05).until(lambda _: site.kb.answering == 0)
    site.kb.pause = 0.0
    assert "fission" in _ask(page, QUESTIONS["en"]).text


def test_language_and_theme_switch_at_once_and_are_kept(page: Chrome) -> None:
    _wait(page, lambda p: _button(p, "中文")).click()
    assert _find(page, "#question").get_attribute("placeholder") == "就您的文档提问…"
    theme = _find(page, ".switches button:last-child")
    theme.click()
    theme.click()
    page.refresh()
    assert _find(page, "h1").text == "知识图谱问答"
    assert page.execute_script("return document.documentElement.dataset.theme") == "dark"
    assert page.execute_script("return document.documentElement.lang") == "zh-CN"


def test_a_document_is_uploaded_asked_about_and_deleted(page: Chrome, tmp_path: Path) -> None:
    path = tmp_path / "meitnerium.txt"
    path.write_text("On meitnerium\n\nMeitnerium was first made in Darmstadt.", encoding="utf-8")
    _find(page, ".to-docs").click()
    _find(page, ".drop input").send_keys(str(path))
    _find(page, '.job[data-status="done"]')
    _wait(page, lambda p: len(p.find_elements(By.CSS_SELECTOR, "tbody tr")) == 3)
    _find(page, ".to-ask").click()
    assert "Darmstadt" in _ask(page, "Where was meitnerium first made?").text
    _find(page, ".to-docs").click()
    _find(page, 'button[aria-label="Delete: On meitnerium"]').click()
    _find(page, "dialog .danger").click()
    _wait(page, lambda p: len(p.find_elements(By.CSS_SELECTOR, "tbody tr")) == 2)


def test_names_from_documents_are_never_markup(page: Chrome, site: Site, tmp_path: Path) -> None:
    path = tmp_path / "markup.txt"
    path.write_text("Title <img src=x onerror=alert(1)>\n\nThe zirconium <b>tower</b> hums loudly.", encoding="utf-8")
    site.kb.ingest([path])
    answer = _ask(page, "zirconium tower hums loudly")
    assert "<b>tower</b>" in answer.text
    assert answer.find_elements(By.CSS_SELECTOR, "b, img") == []


def test_nothing_is_asked_of_another_host(page: Chrome, site: Site) -> None:
    page.refresh()
    _ask(page, QUESTIONS["en"]).find_element(By.CSS_SELECTOR, ".chip").click()
    _find(page, ".canvas canvas")
    _find(page, ".to-docs").click()
    _find(page, "tbody tr")
    requests = [json.loads(entry["message"])["message"] for entry in log(page, "performance")]
    urls = [r["params"]["request"]["url"] for r in requests if r["method"] == "Network.requestWillBeSent"]
    hosts = {urlsplit(url).netloc for url in urls if not url.startswith(("data:", "blob:"))}
    assert hosts == {urlsplit(site.address).netloc}
    assert len({url for url in urls if "/assets/" in url or url == site.address}) <= 5


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_page_is_accessible(page: Chrome, site: Site, language: str, theme: str) -> None:
    if not AXE.is_file():
        missing("axe-core is not there: run `npm ci` in ui/web")
    page.execute_script(f"localStorage['kgqa.language'] = '{language}'; localStorage['kgqa.theme'] = '{theme}'")
    page.refresh()
    _wait(page, lambda p: p.find_elements(By.CSS_SELECTOR, ".example"))
    assert _violations(page) == []
    chip = _ask(page, QUESTIONS[language]).find_element(By.CSS_SELECTOR, ".chip")
    _find(page, ".canvas canvas")
    assert _violations(page) == []
    chip.click()
    _find(page, ".evidence mark")
    assert _violations(page) == []
    _find(page, ".to-docs").click()
    _find(page, ".evidence button:last-child").click()
    _find(page, "tbody tr")
    assert _violations(page) == []


def _violations(page: Chrome) -> list[str]:
    page.execute_script(AXE.read_text(encoding="utf-8"))
    found = page.execute_async_script("axe.run().then(arguments[arguments.length - 1])")
    return [f"{one['id']}: {node['html']}" for one in found["violations"] for node in one["nodes"]]


def test_bundle_is_small(site: Site) -> None:
    assert sum(len(gzip.compress(path.read_bytes())) for path in STATIC.rglob("*") if path.is_file()) <= 250_000


def _button(page: Chrome, label: str) -> WebElement | None:
    buttons = page.find_elements(By.CSS_SELECTOR, "button")
    return next((button for button in buttons if button.text == label), None)
