"""How well a labelled model reads, measured on its own forms: a fifth at a time is left out of the training, then read.

Of five forms that is each in turn.
"""

from __future__ import annotations

from statistics import mean
from typing import TYPE_CHECKING

from local.analyzer.labelledreading import read_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from local.analyzer.labelledmodels import LabelledModel
    from local.analyzer.labels import Field, LabelledForm, Path
    from local.analyzer.readfields import ReadField

FEWEST, FOLDS = 3, 5


def accuracies(
    forms: Sequence[LabelledForm],
    fields: Sequence[Field],
    train: Callable[[Sequence[LabelledForm], Sequence[Field]], LabelledModel],
) -> dict[str, float]:
    """For each field the share of forms on which a model of the others reads what was labelled; 0 under three."""
    if len(forms) < FEWEST:
        return {field.name: 0.0 for field in fields}
    shares: dict[str, list[float]] = {field.name: [] for field in fields}
    for fold in range(min(FOLDS, len(forms))):
        model = train([form for index, form in enumerate(forms) if index % FOLDS != fold], fields)
        for form in forms[fold::FOLDS]:
            for field, read in zip(fields, read_fields(model, form.pages), strict=True):
                shares[field.name].append(_rightness(form, field, (field.name,), read))
    return {name: round(mean(seen), 3) for name, seen in shares.items()}


def _rightness(form: LabelledForm, field: Field, path: Path, read: ReadField | None) -> float:
    """1 when the field was read as it was labelled, else 0; the share of its parts for an object or a table."""
    if field.type == "object":
        values = read.value if read and isinstance(read.value, dict) else {}
        return mean([_rightness(form, one, (*path, one.name), values.get(one.name)) for one in field.fields] or [0.0])
    if field.type == "array":
        return _cells_right(form, path, read)
    text = form.text_of(path) if field.type == "selectionMark" else " ".join(w.text for w in form.words_of(path))
    return float(text == ((read.text if read else None) or ""))


def _cells_right(form: LabelledForm, path: Path, read: ReadField | None) -> float:
    """Of the cells that were labelled or read, the share that is both and equal."""
    rows = read.value if read and isinstance(read.value, list) else []
    found = {
        (number, name, part.text)
        for number, row in enumerate(rows)
        for name, part in (row.value.items() if isinstance(row.value, dict) else [("", row)])
        if part.text
    }
    numbers = sorted({label[1] for label in form.labels if label[:1] == path and len(label) > 1}, key=_natural)
    true = {
        (numbers.index(label[1]), "/".join(label[2:]), " ".join(word.text for word in words))
        for label in form.labels
        if label[:1] == path and len(label) > 1
        for words in [form.words_of(label)]
        if words
    }
    return len(true & found) / len(true | found) if true | found else 1.0


def _natural(number: str) -> tuple[int, str]:
    return int(number) if number.isdigit() else 0, number
