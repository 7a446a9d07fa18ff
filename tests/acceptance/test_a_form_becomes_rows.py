"""The main job as a person has it done: train a model, drop files, look at the tables. Real processes throughout."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from reportlab.pdfgen.canvas import Canvas

from shared.fields.records import column_name
from tests.stack.app import App, a_pdf, accepted_times, make_app

if TYPE_CHECKING:
    from shared.documents import Document
    from tests.acceptance.conftest import Stack
    from tests.conftest import Eventually

SAMPLES = Path(__file__).parents[2] / "samples"


def person(stack: Stack) -> App:
    """Someone who drops files and looks at tables."""
    settings = stack.settings
    return make_app(stack.connection, settings["FORM_RECOGNIZER_ENDPOINT"], settings["FORM_RECOGNIZER_KEY"])


def status(app: App, path: str) -> str:
    """Where the document is, empty while it is not yet known."""
    document = app.services.documents.read(path)
    return document.status if document else ""


def final(app: App, path: str, eventually: Eventually, etag: str = "") -> Document:
    """The document's row, once it is final for the content `etag` or for whatever it is about."""

    def look() -> Document | None:
        document = app.services.documents.read(path)
        return document if document and document.is_final and etag in ("", document.etag) else None

    found = eventually(look, f"the end of {path}")
    assert found is not None
    return found


def test_the_demo_reads_every_value_right_of_forms_it_was_not_made_for(stack: Stack) -> None:
    """`python -m local demo` ends with 0 for another seed than the one of the samples in the repository.

    That means every value of the PDFs, and next to all of the scans and photos.
    """
    demo = stack.run("local", "demo", "--seed", "31415", seconds=240)

    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert "PDFs: 168 of 168 values are what stands on the forms." in demo.stdout
    assert re.search(r"^scans: 5\d of 56 values", demo.stdout, re.MULTILINE)


def test_a_trained_model_reads_what_is_dropped_into_its_folder(stack: Stack, eventually: Eventually) -> None:
    """Train on five forms, drop a sixth: its record has every value that stands on it."""
    stack.up()
    trained = stack.run("cli", "train", "orders", str(SAMPLES / "purchase-order" / "train"))
    assert trained.returncode == 0, trained.stderr
    assert trained.stdout == "orders is ready: drop files into documents/orders/\n"
    app = person(stack)

    app.drop("orders/2026/po-6.pdf", (SAMPLES / "purchase-order" / "read" / "po-6.pdf").read_bytes())

    assert final(app, "orders/2026/po-6.pdf", eventually).status == "succeeded"
    (record,) = app.records("orders/2026/po-6.pdf")
    truth = json.loads((SAMPLES / "purchase-order" / "truth.json").read_text(encoding="utf-8"))["po-6.pdf"]
    assert {name: record.get(column_name(name), "") for name in truth} == truth


def test_files_that_cannot_be_read_end_visibly(stack: Stack, eventually: Eventually) -> None:
    """Each is `failed` with its code; a good file dropped with them is read."""
    stack.up("storage,analyzer,host", "--analyzer-options", "--seconds 0.2")
    app = person(stack)
    good = a_pdf("Invoice No: 17")

    app.drop("empty.pdf", b"")
    app.drop("letter.pdf", b"Dear Sir or Madam")
    app.drop("prebuilt-passport/a.pdf", a_pdf("Name: Joe"))
    app.drop("good.pdf", good)

    codes = {
        path: final(app, path, eventually).error_code for path in ("empty.pdf", "letter.pdf", "prebuilt-passport/a.pdf")
    }
    assert codes == {
        "empty.pdf": "EmptyFile",
        "letter.pdf": "UnsupportedType",
        "prebuilt-passport/a.pdf": "UnknownModel",
    }
    assert final(app, "good.pdf", eventually).status == "succeeded"
    assert accepted_times(stack.settings["FORM_RECOGNIZER_ENDPOINT"], good) == 1


def test_a_new_version_of_a_file_replaces_the_rows_of_the_old(stack: Stack, eventually: Eventually) -> None:
    """The tables show the newest content only."""
    stack.up("storage,analyzer,host", "--analyzer-options", "--seconds 0.2")
    app = person(stack)
    app.drop("folder/a.pdf", _a_table("first", "one"))
    final(app, "folder/a.pdf", eventually)
    assert "one" in {row["Text"] for row in app.fields("folder/a.pdf")}

    etag = app.drop("folder/a.pdf", _a_table("second", "two"))

    assert final(app, "folder/a.pdf", eventually, etag).status == "succeeded"
    eventually(lambda: {row["ETag"] for row in app.fields("folder/a.pdf")} == {etag}, "the end of the old rows")
    assert {row["Text"] for row in app.fields("folder/a.pdf")} >= {"second", "two"}


def _a_table(*texts: str) -> bytes:
    """A PDF with a ruled table: a heading over each text."""
    made = io.BytesIO()
    canvas = Canvas(made, invariant=True)
    canvas.grid([72 + 150 * edge for edge in range(len(texts) + 1)], [680, 700, 720])
    for column, text in enumerate(texts):
        canvas.drawString(80 + 150 * column, 705, f"Heading {column}")
        canvas.drawString(80 + 150 * column, 685, text)
    canvas.save()
    return made.getvalue()


def test_a_host_killed_while_it_waits_loses_nothing(stack: Stack, eventually: Eventually) -> None:
    """The analysis it waited for is fetched by the next host; it is paid once."""
    stack.up("storage,analyzer", "--analyzer-options", "--seconds 6")
    host = stack.up("host")
    app, content = person(stack), _a_table("waits", "for a host")
    app.drop("a.pdf", content)
    eventually(lambda: status(app, "a.pdf") == "analyzing", "the submission of a.pdf")

    host.kill_host()
    app.drop("b.pdf", a_pdf("dropped while nobody is there"))
    stack.up("host")

    assert final(app, "a.pdf", eventually).status == "succeeded"
    assert final(app, "b.pdf", eventually).status == "succeeded"
    assert {row["Text"] for row in app.fields("a.pdf")} >= {"waits", "for a host"}
    assert accepted_times(stack.settings["FORM_RECOGNIZER_ENDPOINT"], content) == 1
    assert app.document("a.pdf").paid_submissions == 1


def test_two_hosts_share_the_work_and_pay_once(stack: Stack, eventually: Eventually) -> None:
    """Twelve files over two hosts: each is accepted once by the service."""
    stack.up("storage,analyzer", "--analyzer-options", "--seconds 0.5")
    stack.up("host")
    stack.up("host")
    app = person(stack)
    contents = {f"batch/{number}.pdf": a_pdf(f"Number: {number}") for number in range(12)}

    for path, content in contents.items():
        app.drop(path, content)

    for path, content in contents.items():
        assert final(app, path, eventually).status == "succeeded"
        assert accepted_times(stack.settings["FORM_RECOGNIZER_ENDPOINT"], content) == 1
    assert app.queued() == {"submissions": 0, "operations": 0, "results": 0}


def test_a_folder_with_too_few_forms_is_refused_before_anything_is_sent(stack: Stack, tmp_path: Path) -> None:
    """One sentence, exit code 1; no stack is needed for that."""
    (tmp_path / "only.pdf").write_bytes(a_pdf("alone"))

    refused = stack.run("cli", "train", "orders", str(tmp_path))

    assert refused.returncode == 1
    assert "orders was not trained, and nothing was sent:\n- 1 filled form: " in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_model_the_service_cannot_make_is_explained(stack: Stack, tmp_path: Path) -> None:
    """The service's own reason reaches the person; the model is `invalid` and says so to its documents."""
    stack.up("storage,analyzer")
    for number in range(5):
        (tmp_path / f"{number}.pdf").write_bytes(b"%PDF-1.4 broken")

    refused = stack.run("cli", "train", "orders", str(tmp_path))

    assert refused.returncode == 1
    assert "could not make the model orders" in refused.stderr
    model = person(stack).services.models.read("orders")
    assert model is not None
    assert model.status == "invalid"
