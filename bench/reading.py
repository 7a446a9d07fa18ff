"""How well the offline analyzer reads: pairs and table cells of seeded sample forms, by kind of form and by medium.

For each seed and kind a model learns from five PDFs and reads three other forms: as PDFs, as scans and as photos.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from statistics import mean
from typing import TYPE_CHECKING, Any

from bench.outcome import Outcome
from local.analyzer.files import read_pages
from local.analyzer.learning import learn
from local.analyzer.reading import read_page
from samples.__main__ import KINDS, TRAIN, forms
from samples.pictures import as_jpeg, as_tiff, photos, scan

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Sequence

    from local.analyzer.models import Model
    from local.analyzer.pages import Page
    from local.analyzer.reading import Pair
    from samples.__main__ import Form

MEDIA = ("PDF", "scan", "photo")
REVIEW = 0.8


@dataclass(frozen=True)
class Read:
    """One value that the analyzer gave: its confidence, and whether it is what stands on the form."""

    confidence: float
    is_right: bool


@dataclass
class Score:
    """What was read of one kind of form in one medium."""

    kind: str
    medium: str
    true: int = 0
    read: list[Read] = field(default_factory=list)
    true_cells: int = 0
    read_cells: int = 0
    right_cells: int = 0
    pages: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)

    @property
    def right(self) -> int:
        """Values that are what stands on the form."""
        return sum(one.is_right for one in self.read)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line says about this benchmark."""
    parser.add_argument("--seeds", type=int, default=2, help="how many sets of forms to read (default 2)")
    parser.add_argument("--first-seed", type=int, default=1001, help="the seed of the first set (default 1001)")


def run(options: argparse.Namespace) -> Outcome:
    """Reads every form of every seed."""
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    scores = {(kind.NAME, medium): Score(kind.NAME, medium) for kind in KINDS for medium in MEDIA}
    for seed in seeds:
        for kind in KINDS:
            made = forms(seed, kind)
            model = learn([read_pages(form.pdf) for form in made[:TRAIN]])
            for number, form in enumerate(made[TRAIN:]):
                for medium in MEDIA:
                    _read(scores[kind.NAME, medium], form, model, seed * 100 + number)
    return _outcome(list(scores.values()), list(seeds))


def _read(score: Score, form: Form, model: Model, seed: int) -> None:
    contents = _shown(form, score.medium, seed)
    begun = time.perf_counter()
    pages = _pages(contents)
    pairs = [pair for page in pages for pair in read_page(page, model).pairs]
    score.seconds += time.perf_counter() - begun
    score.pages += len(pages)
    _count_pairs(score, form, pairs)
    _count_cells(score, form, pages)


def _shown(form: Form, medium: str, seed: int) -> list[bytes]:
    """The files that show the form: one, or a photo of each page."""
    if medium == "PDF":
        return [form.pdf]
    if medium == "scan":
        return [as_tiff(scan(form.pdf, seed))]
    return [as_jpeg(page) for page in photos(form.pdf, seed)]


def _pages(contents: Sequence[bytes]) -> list[Page]:
    return [page for content in contents for page in read_pages(content)]


def _count_pairs(score: Score, form: Form, pairs: Iterable[Pair]) -> None:
    truth = {label: text for label, text in form.values.items() if text}
    score.true += len(truth)
    for pair in pairs:
        if pair.value:
            label = pair.text.removesuffix(":")
            is_right = truth.pop(label, None) == pair.value.text
            score.read.append(Read(_surety(pair), is_right))
            if not is_right:
                score.wrong.append(f"{form.name}: {label} = {pair.value.text!r}, is {form.values.get(label)!r}")
    score.wrong += [f"{form.name}: {label} is missing, {text!r}" for label, text in truth.items()]


def _surety(pair: Pair) -> float:
    """The lower of how sure the pair and the reading of its words are, as `NeedsReview` has it."""
    words = pair.value.words if pair.value else ()
    return min([pair.confidence, *(word.confidence for word in words)])


def _count_cells(score: Score, form: Form, pages: Iterable[Page]) -> None:
    true = {cell for number, rows in enumerate(form.tables) for cell in _cells(number, rows)}
    read = {
        (number, cell.row, cell.column, cell.text)
        for number, table in enumerate(table for page in pages for table in page.tables)
        for cell in table.cells
        if cell.text
    }
    if form.tables:
        score.true_cells += len(true)
        score.read_cells += len(read)
        score.right_cells += len(true & read)


def _cells(number: int, rows: Sequence[Sequence[str]]) -> Iterator[tuple[int, int, int, str]]:
    return ((number, row, column, text) for row, texts in enumerate(rows) for column, text in enumerate(texts) if text)


def _outcome(scores: list[Score], seeds: list[int]) -> Outcome:
    totals = [_sum(medium, [score for score in scores if score.medium == medium]) for medium in MEDIA]
    everything = [*scores, *totals]
    columns = (
        "form",
        "medium",
        "values",
        "precision",
        "recall",
        "cells p/r",
        "sure: right",
        "wrong",
        "AUC",
        "review r/w",
        "s/page",
    )
    data = {"seeds": seeds, "scores": [_json(score) for score in everything]}
    return Outcome(f"reading, seeds {seeds[0]} to {seeds[-1]}", columns, [_row(score) for score in everything], data)


def _sum(medium: str, scores: Sequence[Score]) -> Score:
    total = Score("all", medium)
    for score in scores:
        total.true += score.true
        total.read += score.read
        total.true_cells += score.true_cells
        total.read_cells += score.read_cells
        total.right_cells += score.right_cells
        total.pages += score.pages
        total.seconds += score.seconds
    return total


def _json(score: Score) -> dict[str, Any]:
    right, wrong = _confidences(score, right=True), _confidences(score, right=False)
    return {
        "form": score.kind,
        "medium": score.medium,
        "true_values": score.true,
        "read_values": len(score.read),
        "right_values": score.right,
        "precision": _share(score.right, len(score.read)),
        "recall": _share(score.right, score.true),
        "cell_precision": _share(score.right_cells, score.read_cells),
        "cell_recall": _share(score.right_cells, score.true_cells),
        "mean_confidence_right": round(mean(right), 4) if right else None,
        "mean_confidence_wrong": round(mean(wrong), 4) if wrong else None,
        "auc": _auc(right, wrong),
        "wrong_below_review": _share(sum(one < REVIEW for one in wrong), len(wrong)),
        "right_below_review": _share(sum(one < REVIEW for one in right), len(right)),
        "pages": score.pages,
        "seconds_per_page": round(score.seconds / score.pages, 3) if score.pages else None,
        "wrong": score.wrong,
    }


def _confidences(score: Score, *, right: bool) -> list[float]:
    return [one.confidence for one in score.read if one.is_right is right]


def _auc(right: Sequence[float], wrong: Sequence[float]) -> float | None:
    """How often a right value has the higher confidence, of all pairs of a right and a wrong one; a tie is a half."""
    if not right or not wrong:
        return None
    won = sum((good > bad) + (good == bad) / 2 for good in right for bad in wrong)
    return round(won / (len(right) * len(wrong)), 4)


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _row(score: Score) -> tuple[str, ...]:
    found = _json(score)
    cells = f"{_percent(found['cell_precision'])}/{_percent(found['cell_recall'])}" if score.true_cells else ""
    return (
        score.kind,
        score.medium,
        str(score.true),
        _percent(found["precision"]),
        _percent(found["recall"]),
        cells,
        _number(found["mean_confidence_right"]),
        _number(found["mean_confidence_wrong"]),
        _number(found["auc"]),
        f"{_percent(found['right_below_review'])} / {_percent(found['wrong_below_review'])}",
        _number(found["seconds_per_page"]),
    )


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
