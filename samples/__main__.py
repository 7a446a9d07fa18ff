"""`python -m samples [--seed N] [--to DIR]`: writes the sample forms; the same seed gives the same bytes.

For each type: five filled forms in `train/`, three in `read/`, and the true values of these three in `truth.json`, by
file name and label (without a colon). An empty text means that the form leaves the value out.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from reportlab.pdfgen.canvas import Canvas

from samples import inspection, purchase_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SEED = 1
TRAIN, READ = 5, 3
# so many training forms leave nothing out: a field that none of them has cannot be learned
WHOLE = 2


def files(seed: int) -> Iterator[tuple[str, bytes]]:
    """Every file by its path (with `/`) and its bytes."""
    for kind in (purchase_order, inspection):
        truths = {}
        for number in range(1, TRAIN + READ + 1):
            filled = kind.fill(Random(f"{seed}/{kind.NAME}/{number}"), whole=number <= WHOLE)
            folder = "train" if number <= TRAIN else "read"
            name = f"{kind.PREFIX}-{number}.pdf"
            yield f"{kind.NAME}/{folder}/{name}", _pdf(kind.PAGE_SIZE, kind.draw, filled)
            if folder == "read":
                truths[name] = _truth(filled)
        yield f"{kind.NAME}/truth.json", (json.dumps(truths, indent=2, ensure_ascii=False) + "\n").encode()


def _truth(filled: purchase_order.Order | inspection.Report) -> dict[str, str]:
    return filled.truth() if isinstance(filled, purchase_order.Order) else inspection.truth(filled)


def _pdf(size: tuple[float, float], draw: Callable[[Any, Canvas], None], filled: object) -> bytes:
    """One page; uncompressed, because compressed bytes differ between builds of zlib."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=size, pageCompression=0, invariant=1)
    draw(filled, canvas)
    canvas.save()
    return buffer.getvalue()


def main() -> int:
    """Writes the files of one seed."""
    parser = argparse.ArgumentParser("python -m samples", description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--to", type=Path, default=Path(__file__).parent, help="a folder, made if missing")
    options = parser.parse_args()
    for name, content in files(options.seed):
        path = options.to / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
