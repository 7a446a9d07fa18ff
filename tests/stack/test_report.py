"""`report`: what stands in the tables about a folder's documents, as a table, lines of JSON and a page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from shared.documents import Document
from shared.models import Model
from tests.stack.app import App, a_pdf
from tests.stack.scripted_service import ScriptedService, pairs
from tests.stack.typed import typed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def read(app: App, service: ScriptedService, path: str, *texts: tuple[str, str], confidence: float = 0.9) -> None:
    """Brings a file with these pairs to its end."""
    service.will_answer((200, pairs(*texts, confidence=confidence)))
    app.drop(path, a_pdf(path))
    app.submit(path)
    app.poll(path)
    app.store(path)


def test_a_folder_is_reported_by_model_and_field(
    app: App, service: ScriptedService, unique: Callable[[str], str], tmp_path: Path
) -> None:
    """How often each field is found and at which threshold it needs review, by the model's own threshold."""
    folder, other = unique("orders"), unique("other")
    app.services.models.write(Model(folder, "1", "2.1", "ready", field_names="Customer:, Total:", threshold=0.85))
    total, customer = ("Total:", "12"), ("Customer:", "<b>Contoso</b>")
    read(app, service, f"{folder}/1.pdf", total, customer)
    read(app, service, f"{folder}/2.pdf", total, confidence=0.6)
    read(app, service, f"{folder}/below/3.pdf", total, ("<b>Note</b>", "x"))
    read(app, service, f"{folder}/4.pdf")
    read(app, service, f"{other}/5.pdf", total)
    page = tmp_path / "report.html"

    lines = [json.loads(line) for line in typed(app, "report", folder, "--json").stdout.splitlines()]
    told = typed(app, "report", folder, "--html", str(page))
    below = [json.loads(line) for line in typed(app, "report", f"{folder}/below", "--json").stdout.splitlines()]

    assert {line["Route"] for line in lines} == {line["Model"] for line in lines} == {folder}
    fields = {line["Name"]: line for line in lines}
    assert {name: (line["Found"], line["Documents"]) for name, line in fields.items()} == {
        "Total:": (3, 4),
        "Customer:": (1, 4),
        "<b>Note</b>": (1, 4),
    }
    at = ("0.5", "0.7", "0.85", "0.95")
    assert [fields["Total:"]["NeedsReview"][one] for one in at] == [0.25, 0.5, 0.5, 1.0]
    assert [fields["<b>Note</b>"]["NeedsReview"][one] for one in at] == [0, 0, 0, 0.25]
    assert fields["Total:"]["Threshold"] == 0.85
    assert "missing in 75 %" in fields["Customer:"]["Suggestion"]
    assert {line["Documents"] for line in below} == {1}

    assert "At 0.85, the threshold now, 75 % of the documents need review." in told.stdout
    assert "learn.microsoft.com" in told.stdout
    assert "report.html is written" in told.stderr
    assert "&lt;b&gt;Note&lt;/b&gt;" in page.read_text(encoding="utf-8")
    assert "Contoso" not in page.read_text(encoding="utf-8")


def test_nothing_to_report_is_a_sentence(app: App, unique: Callable[[str], str]) -> None:
    """Nothing that was read, for a program too; a folder that is not there has failed."""
    folder = unique("waiting")
    app.services.documents.write(Document(f"{folder}/1.pdf", "0x1", "waiting"))
    for words in ((), ("--json",)):
        told = typed(app, "report", folder, *words)
        assert told.stdout == ""
        assert f"No document in {folder} was read yet" in told.stderr
        unknown = typed(app, "report", f"{folder}-not", *words, code=1)
        assert unknown.stdout == ""
        assert f"There is no file and no folder {folder}-not in `documents`." in unknown.stderr
    assert "not UTF-8" in typed(app, "report", "\udcff", code=2).stderr


def test_a_page_is_there_whole_or_not_at_all(app: App, unique: Callable[[str], str], tmp_path: Path) -> None:
    """Where none can be is said before anything is printed; the page of an unknown folder replaces none."""
    folder = unique("waiting")
    app.services.documents.write(Document(f"{folder}/1.pdf", "0x1", "waiting"))
    page = tmp_path / "report.html"
    page.write_text("before")

    for path, reason in ((tmp_path, "is a folder"), (tmp_path / "no" / "x.html", "in a folder that is not there")):
        told = typed(app, "report", "--html", str(path), code=2)
        assert told.stdout == ""
        assert reason in " ".join(told.stderr.replace("\u2502", " ").split())
    typed(app, "report", f"{folder}-not", "--html", str(page), code=1)
    assert page.read_text() == "before"
    typed(app, "report", folder, "--html", str(page))
    assert "No document was read yet" in page.read_text(encoding="utf-8")
    assert list(tmp_path.iterdir()) == [page]
