"""`python -m bench`: runs every benchmark, prints their tables and writes `bench/results.json`."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from bench import chaos, cost, flatten, memory, polling, reading, start, throughput

if TYPE_CHECKING:
    from bench.outcome import Outcome

RESULTS = Path(__file__).parent / "results.json"
WIDTH = 136
BENCHMARKS = {
    "polling": polling,
    "cost": cost,
    "start": start,
    "throughput": throughput,
    "reading": reading,
    "flatten": flatten,
    "memory": memory,
    "chaos": chaos,
}


def main() -> int:
    """Runs what was asked for; 0 when all of it ran, and no promise was broken."""
    parser = argparse.ArgumentParser("python -m bench", description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; all when there is none")
    parser.add_argument("--to", type=Path, default=RESULTS, help="the JSON file to write")
    for benchmark in BENCHMARKS.values():
        benchmark.add_arguments(parser)
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"there is no benchmark called {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    console = Console(highlight=False, width=WIDTH)
    machine = _machine()
    console.print(", ".join(f"{name} {value}" for name, value in machine.items()))
    data: dict[str, object] = {"machine": machine}
    is_kept = True
    for name in options.names or BENCHMARKS:
        console.print(f"\n{name} ...")
        outcome = BENCHMARKS[name].run(options)
        console.print(_table(outcome))
        data[name] = outcome.data
        is_kept = is_kept and not outcome.breaches
    options.to.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
    console.print(f"{options.to} has the same as JSON.")
    return 0 if is_kept else 1


def _machine() -> dict[str, str]:
    return {"cores": str(os.cpu_count()), "Python": platform.python_version(), "system": platform.system()}


def _table(outcome: Outcome) -> Table:
    table = Table(title=outcome.title, title_justify="left")
    for index, column in enumerate(outcome.columns):
        table.add_column(column, justify="left" if index < 2 else "right", no_wrap=True)  # noqa: PLR2004 - names first
    for row in outcome.rows:
        table.add_row(*row)
    return table


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Stopped.")
