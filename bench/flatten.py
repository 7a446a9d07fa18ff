"""How fast, and in how much memory, a result of 2,000 pages becomes the columns of `Fields` and `Records`.

Each way has a process of its own: `python -m bench.flatten RESULT WAY FILE`. The product and `json.load` run three
times and the fastest counts, in CPU time, as the machine may do other work; the SDKs, which take minutes, run once.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from itertools import chain
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, BinaryIO

from bench.outcome import Outcome, peak_megabytes
from shared.fields import Form, Record, Row, columns_of, read, v2, v3
from shared.fields.survey import Survey

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator

    from shared.fields import Part

PAGES = 2000
LINES, WORDS_A_LINE, ROWS, COLUMNS, PAIRS = 40, 12, 10, 4, 10
REPEATS = 3
VOCABULARY = ("Total", "Größe", "12.50", "delivery", "€", "number", "2020-09-10", "価格", "of", "the", "🚀", "amount")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line says about this benchmark."""
    parser.add_argument("--pages", type=int, default=PAGES, help=f"how many pages a result has (default {PAGES})")
    parser.add_argument("--repeats", type=int, default=REPEATS, help=f"the best of how many runs (default {REPEATS})")


def run(options: argparse.Namespace) -> Outcome:
    """Measures every way on a result of each kind."""
    found = _measure_all(options.pages, options.repeats)
    columns = ("result", "way", "MB", "CPU s", "MB/s", "peak MB", "rows")
    return Outcome("a large result becomes rows", columns, [_row(one) for one in found], {"ways": found})


def _row(one: dict[str, Any]) -> tuple[str, ...]:
    speed = one["megabytes"] / one["seconds"]
    numbers = (f"{one['megabytes']:.0f}", f"{one['seconds']:.1f}", f"{speed:.1f}", str(one["peak_megabytes"]))
    return one["result"], one["way"], *numbers, str(one["rows"])


def _measure_all(pages: int, repeats: int) -> list[dict[str, Any]]:
    """Of each way: `result, way, megabytes, seconds, peak_megabytes, rows`."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for kind, write in (("v2.1", write_v2), ("v4.0", write_v4)):
            path = Path(folder, f"{kind}.json")
            with path.open("w", encoding="utf-8") as file:
                file.writelines(write(pages))
            for way in [way for of, way in WAYS if of == kind]:
                tries = [_in_new_process(kind, way, path) for _ in range(1 if way.startswith("azure.") else repeats)]
                best = min(tries, key=lambda one: float(one["seconds"]))
                found.append({"result": kind, "way": way, "megabytes": round(path.stat().st_size / 1e6, 1), **best})
    return found


# --- the results ---------------------------------------------------------------------------------------------------


def _page(number: int) -> tuple[Random, list[list[tuple[str, float]]]]:
    """Dice for a page, and the words of its lines; the same each time."""
    dice = Random(number)
    words = [(dice.choice(VOCABULARY), round(dice.uniform(0.5, 1), 3)) for _ in range(LINES * WORDS_A_LINE)]
    return dice, [words[first : first + WORDS_A_LINE] for first in range(0, len(words), WORDS_A_LINE)]


def _box(dice: Random) -> list[float]:
    return [round(dice.uniform(0, 11), 4) for _ in range(8)]


def write_v2(pages: int) -> Iterator[str]:
    """A v2.1 result with text details, piece by piece."""
    yield '{"status": "succeeded", "analyzeResult": {"version": "2.1.0", "readResults": '
    yield from _list(map(_read_result, range(pages)))
    yield ', "pageResults": '
    yield from _list(map(_page_result, range(pages)))
    yield ', "documentResults": [], "errors": []}}'


def _list(elements: Iterable[dict[str, Any]]) -> Iterator[str]:
    for index, element in enumerate(elements):
        yield ("," if index else "[") + json.dumps(element, ensure_ascii=False, separators=(",", ":"))
    yield "]"


def _read_result(number: int) -> dict[str, Any]:
    dice, lines = _page(number)
    found = [
        {
            "text": " ".join(text for text, _ in line),
            "boundingBox": _box(dice),
            "words": [{"text": text, "boundingBox": _box(dice), "confidence": sure} for text, sure in line],
            "appearance": {"style": {"name": "other", "confidence": 0.878}},
        }
        for line in lines
    ]
    return {"page": number + 1, "angle": 0, "width": 8.5, "height": 11, "unit": "inch", "lines": found}


def _page_result(number: int) -> dict[str, Any]:
    dice, lines = _page(number)

    def read_from(line: int, first: int, count: int) -> dict[str, Any]:
        words = range(first, first + count)
        return {
            "text": " ".join(lines[line][word][0] for word in words),
            "boundingBox": _box(dice),
            "elements": [f"#/readResults/{number}/lines/{line}/words/{word}" for word in words],
        }

    cells = [
        {"rowIndex": row, "columnIndex": column, "isHeader": row == 0, **read_from(row, 3 * column, 3)}
        for row in range(ROWS)
        for column in range(COLUMNS)
    ]
    pairs = [
        {"key": read_from(ROWS + pair, 0, 3), "value": read_from(ROWS + pair, 3, 4), "confidence": 0.87}
        for pair in range(PAIRS)
    ]
    tables = [{"rows": ROWS, "columns": COLUMNS, "cells": cells}]
    return {"page": number + 1, "clusterId": 0, "keyValuePairs": pairs, "tables": tables}


def write_v4(pages: int) -> Iterator[str]:
    """A 2024-11-30 result with the same words, cells and pairs, piece by piece."""
    yield '{"status": "succeeded", "analyzeResult": {"apiVersion": "2024-11-30", "modelId": "prebuilt-layout", '
    yield '"stringIndexType": "unicodeCodePoint", "content": "'
    starts = [0]
    for number in range(pages):
        text = "".join(f"{word}\\n" for line in _page(number)[1] for word, _ in line)
        starts.append(starts[-1] + len(text) - text.count("\\n"))
        yield text
    for name, of_page in (("pages", _v4_page), ("paragraphs", _v4_paragraphs), ("keyValuePairs", _v4_pairs)):
        yield ('", "' if name == "pages" else ', "') + f'{name}": '
        yield from _list(element for number in range(pages) for element in of_page(number, starts[number]))
    yield ', "tables": '
    yield from _list(element for number in range(pages) for element in _v4_tables(number, starts[number]))
    yield ', "contentFormat": "text"}}'


def _v4_spans(number: int, start: int) -> list[list[tuple[str, float, int]]]:
    """The words of a page's lines with their offsets: each is followed by a line feed."""
    found: list[list[tuple[str, float, int]]] = []
    for line in _page(number)[1]:
        found.append([])
        for text, sure in line:
            found[-1].append((text, sure, start))
            start += len(text) + 1
    return found


def _v4_text(number: int, words: list[tuple[str, float, int]]) -> dict[str, Any]:
    first, last = words[0], words[-1]
    return {
        "content": "\n".join(text for text, _, _ in words),
        "boundingRegions": [{"pageNumber": number + 1, "polygon": _box(Random(first[2]))}],
        "spans": [{"offset": first[2], "length": last[2] + len(last[0]) - first[2]}],
    }


def _v4_page(number: int, start: int) -> list[dict[str, Any]]:
    dice, _ = _page(number)
    lines = _v4_spans(number, start)
    words = [
        {
            "content": text,
            "polygon": _box(dice),
            "confidence": sure,
            "span": {"offset": offset, "length": len(text)},
        }
        for line in lines
        for text, sure, offset in line
    ]
    texts = [_v4_text(number, line) for line in lines]
    found = [{"content": text["content"], "polygon": _box(dice), "spans": text["spans"]} for text in texts]
    size = {"angle": 0, "width": 8.5, "height": 11, "unit": "inch"}
    return [{"pageNumber": number + 1, **size, "words": words, "lines": found, "spans": []}]


def _v4_paragraphs(number: int, start: int) -> list[dict[str, Any]]:
    return [_v4_text(number, line) for line in _v4_spans(number, start)]


def _v4_pairs(number: int, start: int) -> list[dict[str, Any]]:
    lines = _v4_spans(number, start)[ROWS : ROWS + PAIRS]
    return [
        {"key": _v4_text(number, line[:3]), "value": _v4_text(number, line[3:7]), "confidence": 0.87} for line in lines
    ]


def _v4_tables(number: int, start: int) -> list[dict[str, Any]]:
    lines = _v4_spans(number, start)
    cells = [
        {
            "kind": "content" if row else "columnHeader",
            "rowIndex": row,
            "columnIndex": column,
            **_v4_text(number, lines[row][3 * column : 3 * column + 3]),
            "elements": [f"/paragraphs/{number * LINES + row}"],
        }
        for row in range(ROWS)
        for column in range(COLUMNS)
    ]
    return [{"rowCount": ROWS, "columnCount": COLUMNS, "cells": cells, "boundingRegions": [], "spans": []}]


# --- the ways ------------------------------------------------------------------------------------------------------


class _Loaded(Survey):
    """What `survey_of` finds, found in the result that `json.load` gives."""

    def __init__(self, result: BinaryIO) -> None:
        super().__init__(result)
        self._whole: dict[str, Any] = json.load(result)["analyzeResult"]
        self.names.update(self._whole)
        for name, elements in self._whole.items():
            for element in elements if isinstance(elements, list) else []:
                self.take(name, element)

    def elements(self, name: str) -> Iterator[dict[str, object]]:
        yield from self._whole.get(name) or []


def _stream(result: BinaryIO) -> int:
    return _use(read(result))


def _json_load(result: BinaryIO) -> int:
    return _use(loaded_parts(result))


def loaded_parts(result: BinaryIO) -> Iterator[Part]:
    """The parts of a result that has one form, with all of it in memory."""
    survey = _Loaded(result)
    return chain([Form(1)], v2.parts(survey) if survey.is_v2 else v3.parts(survey))


def _sdk_v2(result: BinaryIO) -> int:
    """The model objects of azure-ai-formrecognizer as its client makes them, and no rows."""
    from azure.ai.formrecognizer import FormRecognizerClient  # noqa: PLC0415
    from azure.ai.formrecognizer import _response_handlers as handlers  # noqa: PLC0415
    from azure.core.credentials import AzureKeyCredential  # noqa: PLC0415

    client: Any = FormRecognizerClient("https://localhost", AzureKeyCredential("none"))
    models = client._generated_models  # noqa: SLF001
    answer = client._deserialize(models.AnalyzeOperationResult, json.load(result))  # noqa: SLF001
    prepare: Callable[..., list[Any]] = handlers.prepare_form_result
    forms = prepare(answer, "model")
    return sum(len(table.cells) for form in forms for page in form.pages for table in page.tables) + sum(
        len(form.fields) for form in forms
    )


def _sdk_v4(result: BinaryIO) -> int:
    """The model objects of azure-ai-documentintelligence, made when they are looked at, and no rows."""
    from azure.ai.documentintelligence.models import AnalyzeResult  # noqa: PLC0415

    found = AnalyzeResult(json.load(result)["analyzeResult"])
    sure = [word.confidence for page in found.pages for word in page.words or []]
    cells = [(cell.content, cell.spans) for table in found.tables or [] for cell in table.cells]
    pairs = [(pair.key.content, pair.value and pair.value.spans) for pair in found.key_value_pairs or []]
    return len(cells) + len(pairs) if sure else 0


WAYS: dict[tuple[str, str], Callable[[BinaryIO], int]] = {
    ("v2.1", "stream"): _stream,
    ("v2.1", "json.load"): _json_load,
    ("v2.1", "azure.ai.formrecognizer"): _sdk_v2,
    ("v4.0", "stream"): _stream,
    ("v4.0", "json.load"): _json_load,
    ("v4.0", "azure.ai.documentintelligence"): _sdk_v4,
}


def _use(parts: Iterable[Part]) -> int:
    """Makes the columns of both tables, as they would be stored, and counts the rows."""
    count, records = 0, []
    for part in parts:
        if isinstance(part, Form):
            records.append(Record(part, 0.8))
        elif isinstance(part, Row):
            columns_of(part, 0.8)
            records[part.form - 1].add(part)
            count += 1
    for record in records:
        record.columns()
    return count


def _in_new_process(kind: str, way: str, path: Path) -> dict[str, Any]:
    """One measurement. This process must stay small, as Linux counts its memory as the peak of those it starts."""
    done = subprocess.run([sys.executable, "-m", "bench.flatten", kind, way, path], stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _measure(kind: str, way: str, path: str) -> dict[str, Any]:
    started = time.process_time()
    with Path(path).open("rb") as result:
        rows = WAYS[kind, way](result)
    seconds = time.process_time() - started
    return {"seconds": round(seconds, 2), "peak_megabytes": peak_megabytes(), "rows": rows}


if __name__ == "__main__":
    print(json.dumps(_measure(*sys.argv[1:])))
