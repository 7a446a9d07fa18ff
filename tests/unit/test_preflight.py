"""Pre-flight: every reason why a training would fail, as a sentence, before anything is sent."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace

import pytest
from pypdf import PdfWriter

from cli.train.files import TrainingFile
from cli.train.preflight import check_files
from cli.train.training import TrainingRequest

V21 = TrainingRequest("orders", "2.1", "orders/")
WITH_LABELS = replace(V21, labels=True)
V31 = replace(WITH_LABELS, api_version="2023-07-31")
LABELS = json.dumps({"document": "x.pdf", "labels": [{"label": "Total", "value": []}]}).encode()
BMP = b"BM" + bytes(30)


def pdf(pages: int = 1, password: str = "") -> bytes:
    """A PDF of blank pages."""
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(200, 200)
    if password:
        writer.encrypt(password, algorithm="AES-256")
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


PDF, PAGES_120, LOCKED = pdf(), pdf(120), pdf(password="secret")
LARGE = b"\x89PNG\r\n\x1a\n" + bytes(11 * 1024 * 1024)


def five(**others: bytes) -> dict[str, bytes]:
    """Five forms, and others by name; `__` stands for `/`, `_` for `.`."""
    named = {name.replace("__", "/").replace("_", "."): content for name, content in others.items()}
    return {**{f"{number}.pdf": PDF for number in range(1, 6)}, **named}


def labelled(count: int = 5, others: dict[str, bytes] | None = None) -> dict[str, bytes]:
    """So many forms with labels."""
    beside = {f"{n}.pdf{end}": LABELS for n in range(1, count + 1) for end in (".labels.json", ".ocr.json")}
    return {**{f"{n}.pdf": PDF for n in range(1, count + 1)}, **beside, "fields.json": b"{}", **(others or {})}


def without(files: dict[str, bytes], *names: str) -> dict[str, bytes]:
    """The others."""
    return {name: content for name, content in files.items() if name not in names}


def problems(files: dict[str, bytes], request: TrainingRequest = V21, tier: str = "S0") -> list[str]:
    """What is wrong with these files."""
    given = [TrainingFile(name, "", lambda content=content: content) for name, content in files.items()]  # type: ignore[misc]
    return list(check_files(given, request, tier).problems)


@pytest.mark.parametrize(
    ("files", "request_"),
    [
        pytest.param(five(), V21, id="five forms"),
        pytest.param(five(fields_json=b"", a_pdf_labels_json=b""), V21, id="labels are not looked at without --labels"),
        pytest.param({"a.pdf": PDF, "b.pdf": PDF, "Empty form.pdf": PDF}, V21, id="two and an empty one"),
        pytest.param(five(scan_bmp=BMP), V21, id="BMP in 2.1"),
        pytest.param({f"{n}": PDF for n in range(5)}, V21, id="names without an ending"),
        pytest.param(labelled(), WITH_LABELS, id="labelled"),
        pytest.param(labelled(others={"6.pdf": PDF}), WITH_LABELS, id="one more without labels"),
        pytest.param(labelled(), V31, id="labelled, 2023-07-31"),
        pytest.param(
            {f"in/{name}": content for name, content in five().items()} | five(),
            replace(V21, include_subfolders=True),
            id="subfolders",
        ),
        pytest.param(dict.fromkeys(labelled(), PAGES_120) | {
            name: content for name, content in labelled().items() if name.endswith("json")}, V31, id="600 pages, 2023"),
    ],
)  # fmt: skip
def test_what_the_service_takes_has_no_problem(files: dict[str, bytes], request_: TrainingRequest) -> None:
    """Nothing is held back that could be trained on."""
    assert problems(files, request_) == []


@pytest.mark.parametrize(
    ("files", "request_", "expected"),
    [
        pytest.param({}, V21, ["No filled forms: .*at least five, or two and an empty one"], id="nothing"),
        pytest.param({"1.pdf": PDF}, V21, ["^1 filled form: "], id="one"),
        pytest.param(without(five(), "1.pdf"), V21, ["^4 filled forms: "], id="four"),
        pytest.param({"1.pdf": PDF, "empty.pdf": PDF}, V21, ["^1 filled form: "], id="one and an empty one"),
        pytest.param(
            five(letter_docx=b"PK\3\4"), V21, [r"^letter\.docx is by its content of a type .*2\.1"], id="another type"
        ),
        pytest.param(five(a_pdf=b"Dear Sir"), V21, [r"^a\.pdf is by its content"], id="a type by content, not name"),
        pytest.param(five(a_bmp=BMP), replace(V21, api_version="2.0"), [r"^a\.bmp .*2\.0"], id="BMP in 2.0"),
        pytest.param(five(a_pdf=b""), V21, [r"^a\.pdf has no bytes"], id="empty file"),
        pytest.param(five(a_pdf=LOCKED), V21, [r"^a\.pdf needs a password: save a copy without one"], id="locked"),
        pytest.param(
            {f"{n}.png": LARGE for n in range(5)}, V21, [r"have 55\.0 MB together: .*2\.1.*at most 50 MB"], id="55 MB"
        ),
        pytest.param(
            {f"{n}.pdf": PAGES_120 for n in range(5)}, V21, ["have 600 pages together: .*at most 500"], id="600 pages"
        ),
        pytest.param(without(labelled(), "fields.json"), WITH_LABELS, [r"^fields\.json is missing"], id="no fields"),
        pytest.param(
            labelled(others={"9.pdf.labels.json": LABELS}),
            WITH_LABELS,
            [r"^9\.pdf\.labels\.json has no document: put 9\.pdf"],
            id="labels without a document",
        ),
        pytest.param(
            without(labelled(6), "6.pdf.ocr.json"),
            WITH_LABELS,
            [r"^6\.pdf has labels but no 6\.pdf\.ocr\.json"],
            id="labels without OCR",
        ),
        pytest.param(labelled(4), WITH_LABELS, ["^4 forms with labels: the service needs at least five"], id="four"),
        pytest.param(
            labelled(others={"5.pdf.labels.json": b'{"labels": []}'}),
            V31,
            ["^4 forms with labels: "],
            id="a form without a single label",
        ),
        pytest.param(
            labelled(6, {"5.pdf.labels.json": b"[]"}), V31, [r"^5\.pdf\.labels\.json is not a labels"], id="no labels"
        ),
        pytest.param(
            labelled(others={"old/6.pdf": PDF}), V31, [r"subfolders, such as old/6\.pdf"], id="subfolders from 2023 on"
        ),
        pytest.param(
            {**without(labelled(4), "fields.json"), "a.pdf": LOCKED, "b.txt": b"b"},
            WITH_LABELS,
            [r"^a\.pdf needs", r"^b\.txt is", r"^fields\.json is", "^4 forms with labels"],
            id="all at once",
        ),
    ],
)
def test_each_problem_is_a_sentence(files: dict[str, bytes], request_: TrainingRequest, expected: list[str]) -> None:
    """It names the file, what is wrong and what to do; nothing else is complained about."""
    found = problems(files, request_)
    assert len(found) == len(expected), found
    for sentence, words in zip(found, expected, strict=True):
        assert re.search(words, sentence), sentence
        assert sentence.endswith(".")


def test_a_file_may_be_as_large_as_the_tier_allows() -> None:
    """The free tier reads less."""
    files = five(a_png=LARGE)
    assert problems(files) == []
    assert problems(files, tier="F0") == [
        "a.png has 11.0 MB, more than the service reads at F0: make it smaller, or take it out."
    ]
