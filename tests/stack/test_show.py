"""`show`: a document as it stands in the tables, and the picture of the content that its values are of."""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING, Any

from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from cli.show.picture import DOUBTFUL, SURE
from tests.stack.typed import typed

if TYPE_CHECKING:
    from pathlib import Path

    from cli.show.picture import Colour
    from tests.stack.app import App
    from tests.stack.scripted_service import ScriptedService

INCH, HEIGHT = 72, 11
STAMPS = {"Total:": (1, 2, 3, 2.5), "Customer:": (4, 6, 7, 6.4)}
"""Where the values stand on the page, in inches: left, top, right, bottom."""


def a_form(note: str = "") -> bytes:
    """A page of 8.5 by 11 inches with a black block for each value."""
    made = BytesIO()
    canvas = Canvas(made, pagesize=(8.5 * INCH, HEIGHT * INCH), invariant=True)
    for left, top, right, bottom in STAMPS.values():
        canvas.rect(
            left * INCH, (HEIGHT - bottom) * INCH, (right - left) * INCH, (bottom - top) * INCH, stroke=0, fill=1
        )
    canvas.drawString(INCH, INCH, note)
    canvas.save()
    return made.getvalue()


def the_result(**confidences: float) -> dict[str, Any]:
    """What the service says about that form: the values with their places, and a table of one cell."""
    found = [
        {
            "key": {"text": key, "boundingBox": [0.1] * 8},
            "value": {"text": f"{key} \x1b[31mred", "boundingBox": _corners(*edges)},
            "confidence": confidences.get(key.strip(":").lower(), 0.95),
        }
        for key, edges in STAMPS.items()
    ]
    cell = {"rowIndex": 0, "columnIndex": 0, "text": "x", "boundingBox": _corners(1, 8, 7, 9), "confidence": 0.4}
    pages = [{"page": 1, "keyValuePairs": found, "tables": [{"rows": 1, "columns": 1, "cells": [cell]}]}]
    read = [{"page": 1, "angle": 0, "width": 8.5, "height": HEIGHT, "unit": "inch"}]
    return {"status": "succeeded", "analyzeResult": {"version": "2.1.0", "readResults": read, "pageResults": pages}}


def _corners(left: float, top: float, right: float, bottom: float) -> list[float]:
    return [left, top, right, top, right, bottom, left, bottom]


def read(app: App, service: ScriptedService, path: str, content: bytes, **confidences: float) -> None:
    """Brings a file to its end."""
    service.will_answer((200, the_result(**confidences)))
    app.drop(path, content)
    app.submit(path)
    app.poll(path)
    app.store(path)


def colours(picture: Path, edges: tuple[float, ...]) -> set[Colour]:
    """Those of the box's colours that stand right outside of all four sides of a place, given in inches."""
    with Image.open(picture) as image:
        pixels = image.convert("RGB")
        left, top, right, bottom = (value * 150 for value in edges)
        across, down = (left + right) / 2, (top + bottom) / 2
        sides: list[list[tuple[float, float]]] = [
            [(left - step, down) for step in range(1, 6)],
            [(right + step, down) for step in range(1, 6)],
            [(across, top - step) for step in range(1, 6)],
            [(across, bottom + step) for step in range(1, 6)],
        ]
        found: list[set[Any]] = [{pixels.getpixel((int(x), int(y))) for x, y in side} for side in sides]
        return set.intersection(*found)


def test_a_document_is_told_with_its_life_and_values(
    app: App, service: ScriptedService, path: str, tmp_path: Path
) -> None:
    """In a list for a person, as one object for a program, and as a picture whose boxes stand around the ink."""
    read(app, service, path, a_form(), total=0.7)
    picture = tmp_path / "page.png"

    told = typed(app, "show", path, "--picture", str(picture))
    as_json = json.loads(typed(app, "show", path, "--json").stdout)

    lines = told.stdout.splitlines()
    assert lines[0] == f"{path}: succeeded, needs review"
    moments = [line.split()[0] for line in lines if " UTC " in line]
    assert moments == ["dropped", "submitted", "analyzed", "stored"]
    total, customer = (next(line for line in lines if key in line) for key in STAMPS)
    assert "70.0" in total
    assert total.split()[-4:] == ["1", "2", "3", "2.5"]
    assert total.startswith("! 1 ")
    assert customer.startswith("  2 ")
    assert "\x1b" not in told.stdout
    assert "Table 0 on page 1: 1 rows, 1 columns, 1 of 1 cells need review" in told.stdout
    assert "page 1 of 1, 3 values." in told.stderr

    assert as_json["Status"] == "succeeded"
    assert as_json["SubmittedAt"].endswith("Z")
    assert [row["Name"] for row in as_json["Fields"]] == list(STAMPS)
    assert as_json["Tables"] == [{"Table": 0, "Page": 1, "Rows": 1, "Columns": 1, "Cells": 1}]

    assert DOUBTFUL in colours(picture, STAMPS["Total:"])
    assert SURE in colours(picture, STAMPS["Customer:"])


def test_there_is_no_picture_of_what_is_gone(app: App, service: ScriptedService, path: str, tmp_path: Path) -> None:
    """A file that was replaced, then deleted: its values are told, with what happened, and nothing is drawn."""
    read(app, service, path, a_form())
    picture = tmp_path / "page.png"

    app.drop(path, a_form("newer"))
    replaced = typed(app, "show", path, "--picture", str(picture), code=1)
    app.submit(path)
    in_between = typed(app, "show", path)
    app.files.delete_blob(path)
    gone = typed(app, "show", path, "--picture", str(picture), code=1)

    assert "was replaced since; its new content is not in the tables yet" in replaced.stdout
    assert "Total:" in replaced.stdout
    assert "was replaced since these values were read" in replaced.stderr
    assert "The values below are of the content before this one" in in_between.stdout
    assert "The file is gone" in gone.stdout
    assert "is gone from documents" in gone.stderr
    assert not picture.exists()


def test_a_failed_document_tells_what_to_do(app: App, path: str) -> None:
    """Its code, its reason and the advice; there is nothing to draw."""
    app.drop(path, b"")
    app.submit(path)

    told = typed(app, "show", path).stdout

    assert "EmptyFile: The file has no bytes" in told
    assert "What to do: drop the file again, whole." in told
    assert [line.split()[0] for line in told.splitlines() if " UTC " in line][-1] == "failed"


def test_odd_input_is_one_sentence(app: App, service: ScriptedService, path: str, tmp_path: Path) -> None:
    """No such document, one that nobody began to read, no such page, and a place where no picture can be."""
    read(app, service, path, a_form())
    app.drop(f"{path}-new", a_form())

    for nowhere in ("nowhere.pdf", "../documents", "a" * 2000):
        assert f"There is no document {nowhere};" in typed(app, "show", nowhere, code=1).stderr
    assert "not UTF-8" in typed(app, "show", "\udcff.pdf", code=2).stderr
    assert "see that the app runs" in typed(app, "show", f"{path}-new", code=1).stderr
    picture = str(tmp_path / "page.png")
    assert "no page 7" in typed(app, "show", path, "--picture", picture, "--page", "7", code=1).stderr
    assert "--picture" in typed(app, "show", path, "--page", "7", code=2).stderr
    assert ".png" in typed(app, "show", path, "--picture", "page.jpg", code=2).stderr
    assert "There is no folder" in typed(app, "show", path, "--picture", str(tmp_path / "no" / "x.png"), code=2).stderr
