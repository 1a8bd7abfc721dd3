"""Plain text, Markdown, HTML, CSV and JSON Lines: what becomes a block of which kind."""

import json
import time

import pytest

from kgqa.connectors.readers import csv, html, jsonl, markdown, plain
from kgqa.errors import ReadError
from kgqa.text import chunk
from kgqa.types import Document, Failure


def blocks(read: list[Document | Failure]) -> list[tuple[str, int, str]]:
    (document,) = read
    assert isinstance(document, Document)
    return [(b.kind, b.level, document.text[b.start : b.end]) for b in document.blocks]


def documents(read: list[Document | Failure]) -> list[Document]:
    return [item for item in read if isinstance(item, Document)]


def test_plain_text_has_a_heading_and_paragraphs() -> None:
    text = (
        "Deep Blue\n\nDeep Blue was a chess computer made by IBM in New York. It\nbeat Kasparov.\n\nIt had no data.\n"
    )
    assert blocks(plain.read(text.encode(), "a.txt")) == [
        ("heading", 1, "Deep Blue"),
        ("paragraph", 0, "Deep Blue was a chess computer made by IBM in New York. It beat Kasparov."),
        ("paragraph", 0, "It had no data."),
    ]


def test_plain_text_with_markdown_headings_is_read_as_markdown() -> None:
    assert blocks(plain.read("# 模型\n\n## 历史\n\n**正文**。".encode(), "a.txt")) == [
        ("heading", 1, "模型"),
        ("heading", 2, "历史"),
        ("paragraph", 0, "正文。"),
    ]


@pytest.mark.parametrize(
    ("unit", "language"), [("The model was trained in 2018. ", "en"), ("模型训练于2018年。", "zh")]
)
def test_plain_text_of_one_line_of_five_megabytes_takes_seconds(unit: str, language: str) -> None:
    data = (unit * (5_000_000 // len(unit.encode()))).encode()
    started = time.process_time()
    (document,) = documents(plain.read(data, "a.txt"))
    chunks = chunk(document)
    assert time.process_time() - started < 30
    assert document.language == language
    assert chunks[-1].end == len(document.text)


def test_markdown_has_lists_code_tables_and_no_marks() -> None:
    text = """---
title: "Front"
---
# First *steps* { #first }

Wrapped `code` and
[a link](https://example.org), ![alt](x.png)<br>next.

* one
* two

  more

1. three

| Name | Year |
|------|------|
| BERT | 2018 |
| GPT  |      |

```python
def f():
    return 1
```

> Quoted.

<div><p>Inside <b>HTML</b></p></div>
"""
    read = markdown.read(text.encode(), "a.md")
    assert documents(read)[0].title == "Front"
    assert blocks(read) == [
        ("heading", 1, "First steps"),
        ("paragraph", 0, "Wrapped code and a link, alt\nnext."),
        ("list_item", 0, "one"),
        ("list_item", 0, "two"),
        ("list_item", 0, "more"),
        ("list_item", 0, "three"),
        ("table_row", 0, "Name: BERT; Year: 2018"),
        ("table_row", 0, "Name: GPT"),
        ("code", 0, "def f():\n    return 1"),
        ("paragraph", 0, "Quoted."),
        ("paragraph", 0, "Inside HTML"),
    ]


def test_markdown_joins_chinese_lines_without_a_space() -> None:
    assert blocks(markdown.read("大语言\n模型\n| 名称 | 年份 |\n|--|--|\n| 悟道 | 2021年 |".encode(), "a.md")) == [
        ("paragraph", 0, "大语言模型"),
        ("table_row", 0, "名称：悟道；年份：2021年"),
    ]


def test_markdown_of_nothing_but_marks_is_refused() -> None:
    with pytest.raises(ReadError, match=r"a\.md has no text in it"):
        markdown.read(b"---\n\n![](x.png)\n", "a.md")


def test_html_has_the_content_without_its_surroundings() -> None:
    text = """<?xml version="1.0"?><html><head><title>Page &amp; more</title><style>x</style></head><body>
    <nav><a href=/>Home</a></nav><header>Site</header>
    <main><h1>The<br>history</h1>Loose <b>text</b>.<p>One<br>two</p><ul><li>a<li><p>b</p></ul>
    <pre>if x:
        y</pre><table><tr><td>Layout <p>x</p><p>y</p></td></tr></table><!-- comment --><p hidden>no</p></main>
    <footer>Imprint</footer><script>var a = "b";</script></body></html>"""
    read = html.read(text.encode(), "a.html")
    assert documents(read)[0].title == "Page & more"
    assert blocks(read) == [
        ("heading", 1, "The history"),
        ("paragraph", 0, "Loose text."),
        ("paragraph", 0, "One\ntwo"),
        ("list_item", 0, "a"),
        ("list_item", 0, "b"),
        ("code", 0, "if x:\n        y"),
        ("paragraph", 0, "Layout"),
        ("paragraph", 0, "x"),
        ("paragraph", 0, "y"),
    ]


@pytest.mark.parametrize("declared", ["gb2312", "gbk", "big5", "no-such-encoding", ""])
def test_html_believes_its_encoding_only_where_it_is_true(declared: str) -> None:
    text = f'<html><head><meta charset="{declared}"></head><body><p>智谱成立于2019年，位于北京。</p></body></html>'
    assert blocks(html.read(text.encode("gb18030"), "a.html")) == [("paragraph", 0, "智谱成立于2019年，位于北京。")]


def test_html_without_a_tag_is_text() -> None:
    assert blocks(html.read(b"https://example.org", "a.html")) == [("paragraph", 0, "https://example.org")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_rows_are_facts(delimiter: str) -> None:
    rows = [["Name", "Year", "Remark"], ["BERT", "2018", '"a, b;\tc"'], ["GPT", "", ""]]
    text = "\r\n".join(delimiter.join(row) for row in rows)
    assert blocks(csv.read(text.encode(), "a.csv")) == [
        ("table_row", 0, "Name: BERT; Year: 2018; Remark: a, b; c"),
        ("table_row", 0, "Name: GPT"),
    ]


def test_csv_without_names_of_columns_keeps_its_first_row() -> None:
    assert blocks(csv.read(b"BERT,2018\nGPT,2019\n", "a.csv"))[0] == ("table_row", 0, "BERT; 2018")


def test_csv_with_an_open_quotation_mark_names_the_line() -> None:
    with pytest.raises(ReadError, match=r"a\.csv, line \d+: .*quotation mark"):
        csv.read(b'a,b\n1,"' + b"x" * 200_000, "a.csv")


def test_jsonl_lines_are_documents() -> None:
    lines = [{"title": "One", "text": "Text one.\n\nMore.", "year": 1}, {"content": "第二篇文章。"}]
    data = "\n\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode()
    one, two = documents(jsonl.read(data, "d/a.jsonl"))
    assert (one.uri, one.title, one.text, dict(one.metadata)) == (
        "d/a.jsonl#1",
        "One",
        "Text one.\n\nMore.",
        {"year": "1"},
    )
    assert (two.uri, two.title, two.language) == ("d/a.jsonl#3", "a 3", "zh")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"text": "cut', r"a\.jsonl#2 is not JSON: Unterminated string"),
        ("[1, 2]", r"a\.jsonl#2 is not an object but list"),
        ('{"id": 7, "text": " "}', r"a\.jsonl#2 has no text: its fields are id, text"),
        ("[" * 100_000, r"a\.jsonl#2 is nested too deeply"),
    ],
)
def test_jsonl_broken_line_does_not_cost_the_others(line: str, reason: str) -> None:
    read = jsonl.read(f'{{"text": "One."}}\n{line}\n{{"text": "Three."}}'.encode(), "a.jsonl")
    assert [d.text for d in documents(read)] == ["One.", "Three."]
    (failure,) = [item for item in read if isinstance(item, Failure)]
    assert failure.uri == "a.jsonl#2"
    with pytest.raises(ReadError, match=reason):
        raise ReadError(failure.reason)
