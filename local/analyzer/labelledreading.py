"""A labelled model applied to the pages of a new form: every field of the model, found or not.

A field's confidence is the product of how often its rule was right in training, how near the value stands to where it
stood there, and whether it is built like the values there; less when the text is not of the field's type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.analyzer.marks import read_mark
from local.analyzer.meanings import meaning
from local.analyzer.readfields import ReadField
from local.analyzer.reading import ENOUGH, fit, likeness, locate, share_of
from local.analyzer.rowfields import rows_of
from local.analyzer.rules import Sheet, apply
from local.analyzer.shapes import around

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.analyzer.labelledmodels import FieldModel, LabelledModel
    from local.analyzer.models import PageModel
    from local.analyzer.pages import Page
    from local.analyzer.rowfields import Row
    from local.analyzer.rules import Rule, Words

NOT_UNDERSTOOD = 0.6
UNFOUND = 0.5


def read_fields(model: LabelledModel, pages: Sequence[Page]) -> list[ReadField]:
    """The fields of the model, in its order; those that are not found have no text and no value."""
    sheets = [_sheet(page_model, number, pages) for number, page_model in enumerate(model.pages)]
    return [_read(field, sheets) for field in model.fields]


def _sheet(page_model: PageModel, number: int, pages: Sequence[Page]) -> Sheet | None:
    """The page of the file that has most of the model's phrases; None when none has enough of them."""
    numbers = {one: place for place, one in enumerate(page_model.furniture)}
    located = [locate(page, page_model) for page in pages]
    if not numbers:
        return Sheet(pages[number], {}, frozenset()) if number < len(pages) else None
    shares = [(share_of(spots, page_model), -abs(index - number)) for index, spots in enumerate(located)]
    best = max(range(len(shares)), key=lambda index: shares[index], default=None)
    if best is None or shares[best][0] < ENOUGH:
        return None
    spots = {numbers[entry]: spot for entry, spot in located[best].items() if entry in numbers}
    blocked = frozenset((word.line, word.index) for spot in spots.values() for word in spot.words)
    return Sheet(pages[best], spots, blocked)


def _read(field: FieldModel, sheets: Sequence[Sheet | None]) -> ReadField:
    if field.type == "object":
        return _object(field.name, {one.name: _read(one, sheets) for one in field.parts}, field.page + 1)
    sheet = sheets[field.page] if field.page < len(sheets) else None
    if sheet is None:
        return _unfound(field, field.page + 1)
    if field.type == "array":
        return _array(field, sheet)
    return _mark(field, sheet) if field.type == "selectionMark" else _text(field, sheet)


def _unfound(field: FieldModel, page: int, confidence: float = UNFOUND) -> ReadField:
    return ReadField(field.name, field.type, None, None, page, None, confidence, ())


def _text(field: FieldModel, sheet: Sheet) -> ReadField:
    """By the first rule whose phrase is on the page, even when that finds nothing: then the field is empty."""
    rule = next((one for one in field.rules if sheet.box_of(one.anchor)), None)
    words = apply(rule, sheet) if rule else ()
    if rule is None or not words:
        return _unfound(field, sheet.page.number, round(rule.right if rule else UNFOUND, 3))
    return _value(field, words, sheet, _surety(field, rule, words, sheet))


def _value(field: FieldModel, words: Words, sheet: Sheet, surety: float) -> ReadField:
    text = " ".join(word.text for word in words)
    value = meaning(text, field.type, field.format)
    confidence = round(surety * (NOT_UNDERSTOOD if value is None else 1), 3)
    box = around(word.box for word in words)
    return ReadField(field.name, field.type, text, value, sheet.page.number, box, confidence, words)


def _surety(field: FieldModel, rule: Rule, words: Words, sheet: Sheet) -> float:
    key = sheet.box_of(rule.anchor)
    near = fit(rule.offsets, key, around(word.box for word in words)) if key and rule.offsets else 1.0
    return (0.6 + 0.4 * rule.right) * near * likeness(field.shapes, " ".join(word.text for word in words))


def _mark(field: FieldModel, sheet: Sheet) -> ReadField:
    found = read_mark(field.mark, sheet) if field.mark else None
    if found is None:
        return _unfound(field, sheet.page.number)
    is_selected, box, words = found
    text = "selected" if is_selected else "unselected"
    return ReadField(field.name, field.type, text, text, sheet.page.number, box, 0.9, words)


def _array(field: FieldModel, sheet: Sheet) -> ReadField:
    rows = (
        [_row(field, str(number), row, sheet) for number, row in enumerate(rows_of(field.table, sheet))]
        if field.table
        else []
    )
    if not rows:
        return _unfound(field, sheet.page.number)
    words = tuple(word for row in rows for word in row.words)
    box, confidence = around(word.box for word in words), min(row.confidence for row in rows)
    return ReadField(field.name, "array", None, rows, sheet.page.number, box, confidence, words)


def _row(field: FieldModel, number: str, row: Row, sheet: Sheet) -> ReadField:
    parts = {
        one.name: _value(one, row[one.name], sheet, 0.9) if one.name in row else _unfound(one, sheet.page.number)
        for one in field.parts
    }
    return parts[""] if "" in parts else _object(number, parts, sheet.page.number)


def _object(name: str, parts: dict[str, ReadField], page: int) -> ReadField:
    found = [part for part in parts.values() if part.text is not None]
    if not found:
        return ReadField(name, "object", None, None, page, None, UNFOUND, ())
    words = tuple(word for part in found for word in part.words)
    boxes = [part.box for part in found if part.box]
    confidence = min(part.confidence for part in found)
    return ReadField(name, "object", None, parts, found[0].page, around(boxes), confidence, words)
