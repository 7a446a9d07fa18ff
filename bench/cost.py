"""How much of what Azure has a price for pages need, and what that costs by prices that are given."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import ceil
from typing import TYPE_CHECKING

from bench.outcome import Outcome

if TYPE_CHECKING:
    import argparse

ROWS_TOGETHER = 100
"""So many rows of `Fields` fit into a transaction."""

HOW_MANY = (1_000, 1_000_000)


@dataclass(frozen=True)
class Calls:
    """Storage transactions by kind, and executions."""

    blob_reads: int = 0
    blob_writes: int = 0
    queue_calls: int = 0
    table_calls: int = 0
    executions: int = 0


DOCUMENT = Calls(blob_reads=2, blob_writes=1, queue_calls=2, table_calls=11, executions=3)
"""Our own steps for a new file of up to a hundred values; `tests/stack/test_cost.py` counts them at the wire."""

NOT_YET = Calls(queue_calls=1, table_calls=2, executions=1)
HOST_DOCUMENT = Calls(blob_reads=1, blob_writes=3, queue_calls=7)
"""What the host adds: as the local one does it. Its look at idle queues is not in it."""

HOST_NOT_YET = Calls(queue_calls=2)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the pages are like, and the prices; none is known here, so each is 0 until it is given."""
    parser.add_argument("--pages-per-document", type=int, default=1, help="cost: pages of a document")
    parser.add_argument("--values-per-page", type=int, default=40, help="cost: values of a page")
    parser.add_argument("--not-yets", type=float, default=1, help="cost: questions of a document without a result")
    parser.add_argument("--instance-seconds", type=float, default=1, help="cost: busy time of an instance by execution")
    parser.add_argument("--instance-gb", type=float, default=2, help="cost: GB of an instance")
    for name, what in _PRICES.items():
        parser.add_argument(f"--price-{name}", type=float, default=0, help=f"cost: of {what}")


_PRICES = {
    "page": "a page read by the service",
    "gb-second": "a GB-s",
    "execution": "a million executions",
    "blob-read": "ten thousand reads of blobs",
    "blob-write": "ten thousand writes of blobs",
    "queue": "ten thousand calls of queues",
    "table": "ten thousand calls of tables",
}


def run(options: argparse.Namespace) -> Outcome:
    """A column for each number of pages."""
    columns = {pages: _quantities(options, pages) for pages in HOW_MANY}
    prices = (options.price_page, options.price_gb_second, options.price_execution / 1e6,
              *(price / 1e4 for price in (options.price_blob_read, options.price_blob_write, options.price_queue,
                                          options.price_table)))  # fmt: skip
    rows = [(name, *(f"{column[name]:,.0f}" for column in columns.values())) for name in columns[HOW_MANY[0]]]
    costs = [sum(price * much for price, much in zip(prices, column.values(), strict=True))
             for column in columns.values()]  # fmt: skip
    if any(prices):
        rows.append(("cost by these prices", *(f"{cost:,.2f}" for cost in costs)))
    titles = ("", *(f"{pages:,} pages" for pages in HOW_MANY))
    return Outcome("cost", titles, rows, {str(pages): column for pages, column in columns.items()})


def _quantities(options: argparse.Namespace, pages: int) -> dict[str, float]:
    """In the order of the prices."""
    documents = pages / options.pages_per_document
    further = documents * (ceil(options.pages_per_document * options.values_per_page / ROWS_TOGETHER) - 1)
    much = dict.fromkeys(asdict(DOCUMENT), 0.0)
    for calls, times in ((DOCUMENT, 1), (HOST_DOCUMENT, 1), (NOT_YET, options.not_yets),
                         (HOST_NOT_YET, options.not_yets)):  # fmt: skip
        for name, count in asdict(calls).items():
            much[name] += documents * count * times
    much["table_calls"] += further
    executions = much.pop("executions")
    busy = executions * options.instance_seconds * options.instance_gb
    return {"pages": pages, "GB-s": busy, "executions": executions,
            **{name.replace("_", " "): count for name, count in much.items()}}  # fmt: skip
