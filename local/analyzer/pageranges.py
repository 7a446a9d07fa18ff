"""The `pages` parameter of v2.1: which pages to read, such as `1-3,5`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local.analyzer.pages import Page

RANGES = re.compile(r"\d+(-\d+)?(,\s*\d+(-\d+)?)*")


def is_page_ranges(text: str) -> bool:
    """Whether the text is a list of page numbers and ranges."""
    return RANGES.fullmatch(text) is not None


def chosen_pages(pages: list[Page], ranges: str | None) -> list[Page]:
    """The pages whose numbers the ranges name; all when there are no ranges."""
    if not ranges:
        return pages
    bounds = [part.strip().partition("-") for part in ranges.split(",")]
    chosen = [(int(first), int(last or first)) for first, _, last in bounds]
    return [page for page in pages if any(first <= page.number <= last for first, last in chosen)]
