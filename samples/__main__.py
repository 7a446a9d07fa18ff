"""`python -m samples [--seed N] [--to DIR]`: writes the sample forms; the same seed gives the same forms.

For each kind: five filled forms in `train/`, three in `read/` and pictures of some of these, the true values of all in
`read/` in `truth.json`, by file name and label (without a colon), and where the form has tables the true cells in
`tables.json`, by file name, table, row and column. An empty text means that the form leaves the value out.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from reportlab.pdfgen.canvas import Canvas

from samples import claim, delivery_note, inspection, purchase_order
from samples.pictures import as_jpeg, as_pdf, as_png, as_tiff, photos, scan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SEED = 1
TRAIN, READ = 5, 3
# so many training forms leave nothing out: a field that none of them has cannot be learned
WHOLE = 2
KINDS = (claim, delivery_note, inspection, purchase_order)
# picture's name, the form it shows, and how it is made
PICTURES: dict[str, tuple[tuple[str, int, Callable[[bytes, int], bytes]], ...]] = {
    claim.NAME: (("claim-6-scan.tif", 6, lambda pdf, seed: as_tiff(scan(pdf, seed))),),
    delivery_note.NAME: (
        ("delivery-6-scan.pdf", 6, lambda pdf, seed: as_pdf(scan(pdf, seed))),
        ("delivery-7-photo.jpg", 7, lambda pdf, seed: as_jpeg(photos(pdf, seed)[0])),
    ),
    inspection.NAME: (
        ("inspection-6-scan.png", 6, lambda pdf, seed: as_png(scan(pdf, seed)[0])),
        ("inspection-7-photo.jpg", 7, lambda pdf, seed: as_jpeg(photos(pdf, seed)[0])),
    ),
    purchase_order.NAME: (
        ("po-6-scan.png", 6, lambda pdf, seed: as_png(scan(pdf, seed)[0])),
        ("po-7-photo.jpg", 7, lambda pdf, seed: as_jpeg(photos(pdf, seed)[0])),
    ),
}


@dataclass(frozen=True)
class Form:
    """One filled form: its PDF, its true values by label, and the true cells of its tables."""

    name: str
    pdf: bytes
    values: dict[str, str]
    tables: list[list[list[str]]]


def forms(seed: int, kind: Any) -> list[Form]:  # noqa: ANN401 - one of the modules in KINDS
    """The forms of one kind: five to train on, then three to read."""
    return [_form(seed, kind, number) for number in range(1, TRAIN + READ + 1)]


def _form(seed: int, kind: Any, number: int) -> Form:  # noqa: ANN401 - one of the modules in KINDS
    filled = kind.fill(Random(f"{seed}/{kind.NAME}/{number}"), whole=number <= WHOLE)
    values = kind.truth(filled) if hasattr(kind, "truth") else filled.truth()
    tables = filled.tables() if hasattr(filled, "tables") else []
    return Form(f"{kind.PREFIX}-{number}.pdf", _pdf(kind.PAGE_SIZE, kind.draw, filled), values, tables)


def files(seed: int) -> Iterator[tuple[str, bytes]]:
    """Every file but the pictures by its path (with `/`) and its bytes; the same seed gives the same bytes."""
    for kind in KINDS:
        made = forms(seed, kind)
        for number, form in enumerate(made):
            yield f"{kind.NAME}/{'train' if number < TRAIN else 'read'}/{form.name}", form.pdf
        shown = {form.name: form for form in made[TRAIN:]}
        shown |= {name: made[number - 1] for name, number, _ in PICTURES[kind.NAME]}
        yield f"{kind.NAME}/truth.json", _json({name: form.values for name, form in shown.items()})
        if made[0].tables:
            yield f"{kind.NAME}/tables.json", _json({name: form.tables for name, form in shown.items()})


def pictures(seed: int) -> Iterator[tuple[str, bytes]]:
    """The scans and photos of some of the forms to read, by path."""
    for kind in KINDS:
        made = forms(seed, kind)
        for name, number, draw in PICTURES[kind.NAME]:
            yield f"{kind.NAME}/read/{name}", draw(made[number - 1].pdf, seed * 1000 + number)


def _json(data: object) -> bytes:
    return (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode()


def _pdf(size: tuple[float, float], draw: Callable[[Any, Canvas], None], filled: object) -> bytes:
    """Uncompressed, because compressed bytes differ between builds of zlib."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=size, pageCompression=0, invariant=1)
    draw(filled, canvas)
    canvas.save()
    return buffer.getvalue()


def main() -> int:
    """Writes the files of one seed."""
    parser = argparse.ArgumentParser("python -m samples", description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--to", type=Path, default=Path(__file__).parent, help="a folder, made if missing")
    options = parser.parse_args()
    for name, content in (*files(options.seed), *pictures(options.seed)):
        path = options.to / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
