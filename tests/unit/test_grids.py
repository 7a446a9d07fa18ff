"""Cells become tables again, and rows are printed for a person."""

from __future__ import annotations

import io
from typing import Any

from cli.query.grids import Grid, grids
from cli.query.printing import console, print_forms, print_grid, print_values


def cell(row: int, column: int, text: str, name: str = "", **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """A row of `Fields`."""
    at = {"PartitionKey": "k", "Path": "a.pdf", "ETag": "e", "Page": 1, "Table": 0, "Row": row, "Column": column}
    return {**at, "Name": name or f"column {column + 1}", **({"Text": text} if text else {}), **more}


def test_cells_become_a_table() -> None:
    """Its headings are the cells' names, and a cell that spans stands where it begins."""
    cells = [
        cell(0, 0, "Item", "Item", IsHeader=True),
        cell(0, 1, "2025", "2025 Price", IsHeader=True, ColumnSpan=2),
        cell(1, 0, "", "Item", IsHeader=True),
        cell(1, 1, "Price", "2025 Price", IsHeader=True),
        cell(1, 2, "Price", "2025 Price", IsHeader=True),
        cell(2, 0, "Bolt", "Item", NeedsReview=True),
        cell(2, 2, "0.20", "2025 Price"),
        cell(3, 0, "Total", "Item", ColumnSpan=3),
    ]
    [grid] = grids(cells)

    assert grid.headings == ["Item", "2025 Price", "2025 Price"]
    assert grid.rows == [(2, ["Bolt", "", "0.20"]), (3, ["Total", "", ""])]
    assert grid.needs_review
    place = {"Path": "a.pdf", "Page": 1, "Table": 0}
    assert list(grid.records()) == [
        {**place, "Row": 2, "Item": "Bolt", "2025 Price_2": "0.20"},
        {**place, "Row": 3, "Item": "Total"},
    ]


def test_each_table_is_one_of_its_own() -> None:
    """Of a document, of a content, of a number; far columns and rows are not filled up to."""
    cells = [
        cell(0, 0, "a"),
        cell(0, 0, "b", Table=1),
        cell(0, 0, "c", PartitionKey="l", Path="b.pdf"),
        cell(2_000_000_000, 2_000_000_000, "d", PartitionKey="l", Path="b.pdf"),
        cell(0, 0, "e", ETag="f", PartitionKey="l", Path="b.pdf"),
    ]
    found = list(grids(cells))

    assert [(grid.path, grid.table, len(grid.rows)) for grid in found] == [
        ("a.pdf", 0, 1), ("a.pdf", 1, 1), ("b.pdf", 0, 2), ("b.pdf", 0, 1)
    ]  # fmt: skip
    assert found[2].rows[1] == (2_000_000_000, ["", "d"])


def test_a_table_of_headings_only_keeps_them() -> None:
    """There is nothing below that has them as names."""
    [grid] = grids([cell(0, 0, "Item", "Item", IsHeader=True)])
    assert grid.rows == [(0, ["Item"])]


def test_a_column_may_be_called_as_our_own() -> None:
    """Then it gets a number."""
    grid = Grid("a.pdf", 0, 3, ["Table", "Row", "Row"], [(0, ["x", "y", "z"])], needs_review=False)
    assert list(grid.records()) == [
        {"Path": "a.pdf", "Page": 0, "Table": 3, "Row": 0, "Table_2": "x", "Row_2": "y", "Row_3": "z"}
    ]


def test_forms_are_lines_where_that_fits_and_blocks_where_not() -> None:
    """Nothing is cut in either, and no text is obeyed."""
    forms = [
        {"Path": "a/\x1b[31m1.pdf", "NeedsReview": True, "Total": 12.5, "FieldsLeftOut": 2},
        {"Path": "a/[bold]2.pdf", "NeedsReview": False, "Name": ":smile:\u202e", "Paid": True},
    ]
    wide, narrow = printed(print_forms, forms, 200), printed(print_forms, forms, 20)

    for shown in (wide, narrow):
        assert "a/\\x1b[31m1.pdf" in shown
        assert "a/[bold]2.pdf" in shown
        assert ":smile:\\u202e" in shown
    assert "\u2502 12.5" not in narrow
    assert "  Total: 12.5\n  (2 more: --fields shows them)\n" in narrow
    assert "  needs review\n" in narrow
    assert "  Paid: true\n" in narrow
    assert len([line for line in wide.splitlines() if "pdf" in line and "\u2502" in line]) == 2
    assert printed(print_forms, [], 80) == ""


def test_values_are_shown_document_by_document() -> None:
    """With the columns that any of them has."""
    values = [
        {"Path": "a.pdf", "Name": "Total", "Text": "12.50", "Number": 12.5, "Confidence": 0.5, "NeedsReview": True},
        {"Path": "b.pdf", "Name": "[x]", "Text": "\x07", "NeedsReview": False},
    ]
    shown = printed(print_values, values, 80)

    assert shown.index("a.pdf\n") < shown.index("12.50") < shown.index("b.pdf\n") < shown.index("\\x07")
    assert "needs review" in shown
    assert "[x]" in shown
    assert "Value" not in shown


def test_a_grid_is_shown_with_where_it_is_from() -> None:
    """A long path does not break its line."""
    path = f"{'x' * 100}.pdf"
    shown = printed(print_grid, Grid(path, 2, 0, ["[b]"], [(0, ["\x1b"])], needs_review=False), 40)
    assert shown.startswith(f"{path}, table 0, page 2\n")
    assert "[b]" in shown
    assert "\\x1b" in shown


def printed(print_: Any, what: Any, width: int) -> str:  # noqa: ANN401
    """What is printed on a terminal of so many columns."""
    file = io.StringIO()
    out = console(file)
    out.width = width
    print_(out, what)
    return file.getvalue()
