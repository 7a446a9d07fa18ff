"""What a model that was trained with labels knows, as plain data that can be written as JSON and read back."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import mean
from typing import TYPE_CHECKING, Any

from local.analyzer.marks import MarkRule
from local.analyzer.models import Offset, PageModel, page_from_json
from local.analyzer.rowfields import RowRule
from local.analyzer.rules import Cut, Rule
from local.analyzer.shapes import Box

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class FieldModel:
    """A field, the page it stands on (from 0) and how it is found there.

    A plain field has `rules`, the best first, and the `shapes` of its texts; a selection mark has `mark`; an array has
    `table` and in `parts` the columns; an object has its fields in `parts`.
    """

    name: str
    type: str
    format: str
    page: int
    rules: tuple[Rule, ...] = ()
    shapes: tuple[str, ...] = ()
    mark: MarkRule | None = None
    table: RowRule | None = None
    parts: tuple[FieldModel, ...] = ()


@dataclass(frozen=True)
class LabelledModel:
    """The pages of the form type with the phrases they share, the fields, and how well each was read when measured."""

    pages: tuple[PageModel, ...]
    fields: tuple[FieldModel, ...]
    accuracies: Mapping[str, float]

    @property
    def average_accuracy(self) -> float:
        """The mean of the fields' accuracies."""
        return round(mean(self.accuracies.values()), 3) if self.accuracies else 0.0

    def to_json(self) -> dict[str, Any]:
        """Lists, objects, strings and numbers only."""
        return {**asdict(self), "accuracies": dict(self.accuracies)}


def labelled_from_json(data: Mapping[str, Any]) -> LabelledModel:
    """The model that `to_json` wrote."""
    pages = tuple(page_from_json(page) for page in data["pages"])
    return LabelledModel(pages, tuple(_field(one) for one in data["fields"]), data["accuracies"])


def _field(data: dict[str, Any]) -> FieldModel:
    mark, table = data["mark"], data["table"]
    return FieldModel(
        data["name"],
        data["type"],
        data["format"],
        data["page"],
        tuple(_rule(one) for one in data["rules"]),
        tuple(data["shapes"]),
        MarkRule(mark["anchor"], Box(**mark["box"])) if mark else None,
        _row_rule(table) if table else None,
        tuple(_field(one) for one in data["parts"]),
    )


def _rule(data: dict[str, Any]) -> Rule:
    offsets = tuple(Offset(**one) for one in data["offsets"])
    return Rule(data["anchor"], data["side"], Cut(**data["cut"]), offsets, data["right"])


def _row_rule(data: dict[str, Any]) -> RowRule:
    columns = tuple((name, left, right) for name, left, right in data["columns"])
    return RowRule(data["anchor"], data["top"], data["pitch"], columns, tuple(data["needed"]))
