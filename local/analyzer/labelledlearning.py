"""Labelled training: forms whose values were marked by hand become a model that reads new forms into named fields.

1. What was labelled is taken off the pages; the phrases that most forms still share are the marks by which a value is
   found (`phrases`).
2. For each field the rules that find on the training forms what was labelled there are kept (`rules`, `rowfields`,
   `marks`).
3. A field's accuracy is measured on forms that were left out (`accuracy`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from local.analyzer.accuracy import accuracies
from local.analyzer.agreement import agreed
from local.analyzer.labelledmodels import FieldModel, LabelledModel
from local.analyzer.marks import find_mark_rule
from local.analyzer.models import Furniture, PageModel, shape_of
from local.analyzer.pages import Line, Page
from local.analyzer.phrases import find_anchors
from local.analyzer.rowfields import find_row_rule
from local.analyzer.rules import Sheet, find_rules

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from local.analyzer.labels import Field, LabelledForm, Path
    from local.analyzer.rowfields import Row
    from local.analyzer.shapes import Word


def learn_labelled(forms: Sequence[LabelledForm], fields: Sequence[Field]) -> LabelledModel:
    """The model of these forms, with the accuracy of each field from 0 to 1."""
    model = _learned(forms, fields)
    return replace(model, accuracies=accuracies(forms, fields, _learned))


def _learned(forms: Sequence[LabelledForm], fields: Sequence[Field]) -> LabelledModel:
    count = max((len(form.pages) for form in forms), default=0)
    learned = [_learned_page(forms, number) for number in range(count)]
    sheets = [sheets for _, sheets in learned]
    return LabelledModel(
        tuple(page for page, _ in learned), tuple(_field(field, (field.name,), forms, sheets) for field in fields), {}
    )


def _learned_page(forms: Sequence[LabelledForm], number: int) -> tuple[PageModel, dict[int, Sheet]]:
    """The phrases of one page, and the page with them for each form (by its number) that has it."""
    having = [index for index, form in enumerate(forms) if len(form.pages) > number]
    pages = [forms[index].pages[number] for index in having]
    bare = [_unlabelled(forms[index], page) for index, page in zip(having, pages, strict=True)]
    anchors = find_anchors(agreed(bare))
    sheets = {}
    for place, index in enumerate(having):
        spots = {one: anchor.spots[place] for one, anchor in enumerate(anchors) if place in anchor.spots}
        blocked = frozenset((word.line, word.index) for spot in spots.values() for word in spot.words)
        sheets[index] = Sheet(pages[place], spots, blocked)
    return PageModel((), tuple(Furniture(anchor.text, anchor.box) for anchor in anchors), ()), sheets


def _unlabelled(form: LabelledForm, page: Page) -> Page:
    """The page without the labelled words, and without its grids, which would still hold them."""
    labelled = form.labelled_on(page)
    lines = tuple(Line(tuple(run)) for line in page.lines for run in _runs(line, labelled))
    return replace(page, lines=lines, grids=())


def _runs(line: Line, labelled: frozenset[tuple[int, int]]) -> Iterator[list[Word]]:
    run: list[Word] = []
    for word in line.words:
        if (word.line, word.index) not in labelled:
            run.append(word)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _field(
    field: Field, path: Path, forms: Sequence[LabelledForm], sheets: Sequence[Mapping[int, Sheet]]
) -> FieldModel:
    number = _page_of(path, forms)
    empty = FieldModel(field.name, field.type, field.format, number)
    if field.type == "object":
        return replace(empty, parts=tuple(_field(one, (*path, one.name), forms, sheets) for one in field.fields))
    shown = sheets[number] if number < len(sheets) else {}
    having = {index: forms[index] for index in shown}
    on_page = list(shown.values())
    if field.type == "array":
        parts = tuple(FieldModel(one.name, one.type, one.format, number) for one in field.fields)
        tables = [_rows(form, field, number) for form in having.values()]
        return replace(empty, parts=parts, table=find_row_rule(on_page, tables))
    if field.type == "selectionMark":
        boxes = [form.box_of(path) if _is_on(form, path, number) else None for form in having.values()]
        return replace(empty, mark=find_mark_rule(on_page, boxes))
    truths = [form.words_of(path) if _is_on(form, path, number) else () for form in having.values()]
    shapes = tuple(sorted({shape_of(" ".join(word.text for word in truth)) for truth in truths if truth}))
    return replace(empty, rules=find_rules(on_page, truths) if any(truths) else (), shapes=shapes)


def _page_of(path: Path, forms: Sequence[LabelledForm]) -> int:
    """On which page, from 0, most forms have the field."""
    pages = [form.page_of(one) for form in forms for one in form.labels if one[: len(path)] == path]
    seen = Counter(page.number - 1 for page in pages if page)
    return seen.most_common(1)[0][0] if seen else 0


def _is_on(form: LabelledForm, path: Path, number: int) -> bool:
    page = form.page_of(path)
    return page is not None and page.number - 1 == number


def _rows(form: LabelledForm, field: Field, number: int) -> list[Row]:
    """The labelled rows of a table, top to bottom, as far as they stand on this page."""
    rows: dict[str, Row] = {}
    for path in form.labels:
        if path[0] == field.name and len(path) > 1 and _is_on(form, path, number):
            words = form.words_of(path)
            if words:
                rows.setdefault(path[1], {})[path[2] if len(path) > 2 else ""] = words  # noqa: PLR2004 - Items/0/Amount
    return sorted(rows.values(), key=lambda row: min(word.box.top for words in row.values() for word in words))
