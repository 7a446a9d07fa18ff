"""When to ask for a result: the product's schedule and its learning against what people use instead.

Simulated: a clock, analysis times drawn from a distribution, a queue that hides a message for whole seconds. What
decides is the product's own code (`shared/backoff.py`, `shared/timings.py`), not a copy of it.
"""

from __future__ import annotations

import heapq
import itertools
import math
import statistics
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, cast

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableEntity

from bench.outcome import Outcome
from bench.polling_plot import drawn, write
from shared.backoff import first_poll, next_poll, seconds_taken
from shared.timings import Timings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator

    from azure.data.tables import TableClient

PLOT = Path(__file__).parents[1] / "docs" / "polling.svg"
DOCUMENTS = 4000
SETTLED = 200
"""After so many documents the product has learned what there is to learn."""

APART = 2.0
"""Seconds between two documents, on average."""

TWO_DIGITS = 10
PRODUCT, QUICKSTART = "this app", "quickstart"
MEDIANS, SIGMAS = (3, 6, 20, 120), (0.35, 0.6)


@dataclass(frozen=True)
class Case:
    """The seconds each analysis takes, and which documents of the run, from `first` to `last`, are looked at."""

    name: str
    taken: Callable[[Random, int], float]
    """By the dice and the document's number."""

    first: int = SETTLED
    last: int = DOCUMENTS
    says_times: bool = True
    """Whether the service says when an analysis began and ended; as v2.1 does, in whole seconds."""


@dataclass(frozen=True)
class Found:
    """What one system did in one case."""

    gets: float
    """A document, on average."""

    delay: float
    """From finished to noticed, in seconds; the median."""

    late: float
    """The delay that one of ten documents exceeds."""

    share: float
    """The delay as a share of the document's analysis; the median."""

    closest: float | None
    """The least seconds between two GETs of one document, if any had two."""


def _lognormal(median: float, sigma: float) -> Callable[[Random, int], float]:
    return lambda dice, _: dice.lognormvariate(math.log(median), sigma)


def _mixture(dice: Random, _: int) -> float:
    return dice.lognormvariate(math.log(3 if dice.random() < 0.7 else 30), 0.35)  # noqa: PLR2004 - seven of ten


def _change(before: float, after: float) -> Callable[[Random, int], float]:
    return lambda dice, number: dice.lognormvariate(math.log(before if number < DOCUMENTS // 2 else after), 0.35)


AFTER_CHANGE = (DOCUMENTS // 2, DOCUMENTS // 2 + SETTLED)
AT_FIRST = (0, SETTLED)


CASES = [
    *(Case(f"{m} s, sigma {s}", _lognormal(m, s)) for m in MEDIANS for s in SIGMAS),
    Case("7 of 10 3 s, 3 of 10 30 s", _mixture),
    Case("from 6 s to 20 s", _change(6, 20), *AFTER_CHANGE),
    Case("from 20 s to 6 s", _change(20, 6), *AFTER_CHANGE),
    Case("cold start, 20 s", _lognormal(20, 0.35), *AT_FIRST),
    Case("cold start, 120 s", _lognormal(120, 0.35), *AT_FIRST),
    Case("6 s, service without times", _lognormal(6, 0.35), says_times=False),
    Case("20 s, service without times", _lognormal(20, 0.6), says_times=False),
]


DRAWN = [f"{median} s, sigma {SIGMAS[-1]}" for median in MEDIANS]


def _doubling() -> Iterator[float]:
    """Microsoft's quickstart: 5, 10, 20, 40, then 60 s."""
    return (min(5.0 * 2**number, 60.0) for number in itertools.count())


def _growing() -> Iterator[float]:
    """60 s, then 30 n^2."""
    return itertools.chain([60.0], (30.0 * number**2 for number in itertools.count(1)))


def _fixed(seconds: float) -> Callable[[], Iterator[float]]:
    return lambda: itertools.repeat(seconds)


OTHERS: dict[str, tuple[bool, Callable[[], Iterator[float]]]] = {
    QUICKSTART: (True, _doubling),
    "every 1 s": (True, _fixed(1)),
    "every 5 s": (True, _fixed(5)),
    "every 10 s": (True, _fixed(10)),
    "every 30 s": (True, _fixed(30)),
    "60, 30 n²": (False, _growing),
}
"""Whether it asks at once, and the waits from one question to the next. The SDKs' pollers ask at once, too."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line says about this benchmark."""
    parser.add_argument("--polling-plot", type=Path, default=PLOT, help="the SVG to write (default docs/polling.svg)")
    parser.add_argument("--polling-seed", type=int, default=1, help="of the analysis times (default 1)")


def run(options: argparse.Namespace) -> Outcome:
    """Simulates every system in every case, and draws the plot."""
    found = {case.name: simulate(case, options.polling_seed) for case in CASES}
    panels = {
        f"analyses of about {name}": {system: (one.gets, one.delay) for system, one in found[name].items()}
        for name in DRAWN
    }
    write(drawn(panels, PRODUCT, labelled_left=(PRODUCT, "every 5 s", "every 10 s")), options.polling_plot)

    columns = ("GETs/median delay in s of", PRODUCT, "share", "9 of 10", *OTHERS)
    rows = [_row(name, systems) for name, systems in found.items()]
    data = {name: {system: vars(one) for system, one in systems.items()} for name, systems in found.items()}
    return Outcome("when to ask for a result (simulated)", columns, rows, {"cases": data})


def _row(name: str, systems: dict[str, Found]) -> tuple[str, ...]:
    product = systems[PRODUCT]
    others = (_cell(systems[system]) for system in OTHERS)
    return name, _cell(product), f"{product.share:.0%}", f"{product.late:.1f} s", *others


def _cell(found: Found) -> str:
    return f"{found.gets:.1f}/{found.delay:.1f}" if found.gets < TWO_DIGITS else f"{found.gets:.0f}/{found.delay:.1f}"


def simulate(case: Case, seed: int, others: Iterable[str] = OTHERS) -> dict[str, Found]:
    """What the product and the `others` do with the same documents."""
    dice = Random(seed)
    taken = [case.taken(dice, number) for number in range(DOCUMENTS)]
    asked = {PRODUCT: _product(taken, Random(seed + 1), says_times=case.says_times)}
    asked |= {name: [_others(seconds, *how) for seconds in taken] for name in others if (how := OTHERS[name])}
    part = slice(case.first, case.last)
    return {name: _found(taken[part], times[part]) for name, times in asked.items()}


def _found(taken: list[float], asked: list[list[float]]) -> Found:
    delays = [times[-1] - seconds for seconds, times in zip(taken, asked, strict=True)]
    return Found(
        gets=statistics.mean(map(len, asked)),
        delay=statistics.median(delays),
        late=statistics.quantiles(delays, n=10)[-1],
        share=statistics.median(delay / seconds for delay, seconds in zip(delays, taken, strict=True)),
        closest=min((b - a for times in asked for a, b in itertools.pairwise(times)), default=None),
    )


def _others(seconds: float, at_once: bool, waits: Callable[[], Iterator[float]]) -> list[float]:  # noqa: FBT001
    """When it asks, in seconds after the service accepted, until the result is there."""
    asked = [0.0] if at_once else []
    for now in itertools.accumulate(waits()):
        if asked and asked[-1] >= seconds:
            break
        asked.append(now)
    return asked


def _product(taken: list[float], dice: Random, *, says_times: bool) -> list[list[float]]:
    """When the product asks for each document, which come one after the other and are on their way at once.

    The worker that submits and the one that polls are two processes, as on Flex Consumption: what one learned reaches
    the other by the table.
    """
    now = 0.0
    table = cast("TableClient", _Table())
    submits, polls = Timings(table, lambda: now), Timings(table, lambda: now)
    arrivals = list(itertools.accumulate(dice.expovariate(1 / APART) for _ in taken))
    due = [(moment, number) for number, moment in enumerate(arrivals)]
    asked: list[list[float]] = [[] for _ in taken]
    is_submitted = [False] * len(taken)
    while due:
        now, number = heapq.heappop(due)
        if not is_submitted[number]:
            is_submitted[number] = True
            delay = first_poll(submits.typical("invoices", "a1b2"), dice.random)
        else:
            waited = now - arrivals[number]
            asked[number].append(waited)
            if waited >= taken[number]:
                end = arrivals[number] + taken[number]
                by_service = math.floor(end) - math.floor(arrivals[number]) if says_times else None
                polls.learn("invoices", "a1b2", seconds_taken(by_service, waited, len(asked[number]) - 1))
                continue
            delay = next_poll(waited, None, dice.random)
        heapq.heappush(due, (now + delay, number))
    return asked


class _Table:
    """The table `Models` with the row of one model, as far as `Timings` uses it."""

    def __init__(self) -> None:
        self._columns: dict[str, Any] = {"PartitionKey": "model", "RowKey": "invoices"}

    def get_entity(self, partition: str, name: str) -> TableEntity:
        if (partition, name) != (self._columns["PartitionKey"], self._columns["RowKey"]):
            raise ResourceNotFoundError
        row = TableEntity(self._columns)
        row._metadata = {"etag": "1", "timestamp": None}  # noqa: SLF001 - the SDK makes it from an answer
        return row

    def update_entity(self, columns: dict[str, Any], *_: object, **__: object) -> None:
        self._columns |= columns
