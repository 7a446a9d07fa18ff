"""The sample forms: reproducible, and read right."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import samples
from local.analyzer.learning import learn
from local.analyzer.pages import read_pages
from local.analyzer.reading import read_page
from samples.__main__ import SEED, files

FOLDER = Path(samples.__file__).parent
TYPES = ("purchase-order", "inspection-report")


def test_the_script_makes_the_files_that_are_kept() -> None:
    """The default seed gives the committed files byte for byte, and there are no others."""
    made = dict(files(SEED))
    kept = {path.relative_to(FOLDER).as_posix() for kind in TYPES for path in (FOLDER / kind).rglob("*.*")}
    assert kept == set(made)
    assert [name for name, content in made.items() if (FOLDER / name).read_bytes() != content] == []


def test_the_files_are_small() -> None:
    """Each is under 10 KB."""
    assert max(len(content) for _, content in files(SEED)) < 10_000


@pytest.mark.parametrize("seed", [SEED, 20])
@pytest.mark.parametrize("kind", TYPES)
def test_every_value_is_read_right(seed: int, kind: str) -> None:
    """Trained on five, the analyzer reads every true value of the three others, and nothing else."""
    made = dict(files(seed))
    model = learn([read_pages(content) for name, content in made.items() if name.startswith(f"{kind}/train/")])
    for name, truth in json.loads(made[f"{kind}/truth.json"]).items():
        (page,) = read_pages(made[f"{kind}/read/{name}"])
        pairs = read_page(page, model).pairs
        assert {pair.key.text.removesuffix(":"): pair.value.text if pair.value else "" for pair in pairs} == truth
