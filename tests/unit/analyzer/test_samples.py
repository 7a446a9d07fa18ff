"""The sample forms: reproducible, and read right."""

from __future__ import annotations

import io
import json
from functools import cache
from pathlib import Path

import pytest
from PIL import Image

import samples
from local.analyzer.files import read_pages
from local.analyzer.learning import learn
from local.analyzer.reading import read_page
from samples.__main__ import SEED, files, pictures

FOLDER = Path(samples.__file__).parent
TYPES = ("damage-claim", "delivery-note", "inspection-report", "purchase-order")
OTHER_SEED = 20


@cache
def drawn(seed: int) -> dict[str, bytes]:
    """The pictures of a seed."""
    return dict(pictures(seed))


@cache
def made(seed: int) -> dict[str, bytes]:
    """All other files of a seed."""
    return dict(files(seed))


def read(seed: int, kind: str, name: str, content: bytes) -> tuple[dict[str, str], dict[str, str]]:
    """The values that a model trained on five PDFs reads, by label, and the true ones."""
    train = [content for path, content in made(seed).items() if path.startswith(f"{kind}/train/")]
    model = learn([read_pages(content) for content in train])
    pairs = [pair for page in read_pages(content) for pair in read_page(page, model).pairs]
    truth: dict[str, dict[str, str]] = json.loads(made(seed)[f"{kind}/truth.json"])
    return {pair.text.removesuffix(":"): pair.value.text if pair.value else "" for pair in pairs}, truth[name]


def test_the_script_makes_the_files_that_are_kept() -> None:
    """The default seed gives the committed files, byte for byte but for the pictures, and there are no others."""
    kept = {path.relative_to(FOLDER).as_posix() for kind in TYPES for path in (FOLDER / kind).rglob("*.*")}
    assert kept == {*made(SEED), *drawn(SEED)}
    assert [name for name, content in made(SEED).items() if (FOLDER / name).read_bytes() != content] == []


def test_the_kept_pictures_are_those_of_the_script() -> None:
    """Bytes differ between versions of the libraries; kind, size and number of pages do not."""
    for name, content in drawn(SEED).items():
        if not name.endswith(".pdf"):
            with Image.open(FOLDER / name) as kept, Image.open(io.BytesIO(content)) as new:
                assert (kept.format, kept.size) == (new.format, new.size)
                assert getattr(kept, "n_frames", 1) == getattr(new, "n_frames", 1)


def test_the_files_are_small() -> None:
    """Each PDF is under 12 KB, each picture under 300 KB."""
    assert max(len(content) for content in made(SEED).values()) < 12_000
    assert max(len(content) for content in drawn(SEED).values()) < 300_000


@pytest.mark.parametrize("seed", [SEED, OTHER_SEED])
@pytest.mark.parametrize("kind", TYPES)
def test_every_value_of_a_pdf_is_read_right(seed: int, kind: str) -> None:
    """Trained on five, the analyzer reads every true value of the three others, and nothing else."""
    for path, content in made(seed).items():
        if path.startswith(f"{kind}/read/"):
            values, truth = read(seed, kind, path.rpartition("/")[2], content)
            assert values == truth


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("damage-claim", "claim-6-scan.tif"),
        ("delivery-note", "delivery-6-scan.pdf"),
        ("inspection-report", "inspection-6-scan.png"),
        ("purchase-order", "po-7-photo.jpg"),
    ],
)
def test_next_to_every_value_of_a_picture_is_read_right(kind: str, name: str) -> None:
    """A model trained on PDFs reads a scan or a photo, of forms it was not made for: at most one value is wrong."""
    values, truth = read(OTHER_SEED, kind, name, drawn(OTHER_SEED)[f"{kind}/read/{name}"])
    assert len([label for label, text in truth.items() if values.get(label, "") != text]) <= 1
    assert not set(values) - set(truth)


@pytest.mark.parametrize("seed", [SEED, OTHER_SEED])
def test_the_tables_of_a_pdf_are_read_cell_by_cell(seed: int) -> None:
    """Ruled or not."""
    tables = json.loads(made(seed)["delivery-note/tables.json"])
    for number in (6, 7, 8):
        (page,) = read_pages(made(seed)[f"delivery-note/read/delivery-{number}.pdf"])
        found = [
            [[cell.text for cell in table.cells if cell.row == row] for row in range(table.rows)]
            for table in page.tables
        ]
        assert found == tables[f"delivery-{number}.pdf"]
