"""`query` over real tables: where it looks, what matches, and what a person is told."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet
from typer.testing import CliRunner

from cli import commands
from cli.query.findings import Asked, Findings, What
from shared.documents import Document
from shared.names import RECORDS_TABLE
from shared.storage.clients import table_service
from shared.storage.tables import route_of, table_key, transactions
from tests.stack.app import make_app
from tests.stack.conftest import running_storage
from tests.unit.expressions import NAMES, expressions, holds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from typer.testing import Result

    from shared.services import Services
    from shared.settings import StorageConnection
    from tests.conftest import Eventually

ROOT = Path(__file__).parents[2]
ON_STORAGE = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
MANY = 1100
"""More than the service gives at a time."""

ORDERS: dict[str, list[dict[str, Any]]] = {
    "orders/1.pdf": [{"Order_number": "PO-1", "Total": "8,901.74", "Customer": "Contoso", "NeedsReview": False}],
    "orders/2.pdf": [{"Order_number": "PO-2", "Total": "1,234", "Customer": "=1+1", "NeedsReview": True}],
    "orders/2026/3.pdf": [{"Order_number": "PO-3", "Total": 99.5, "Paid": True, "NeedsReview": False}],
    "orders/2026/3.pdf!x": [{"Order_number": "PO-4", "NeedsReview": False}],
    "orders/2026}/5.pdf": [{"Order_number": "PO-5", "NeedsReview": False}],
    "M\u00e4rz #1/it's.pdf": [{"Total": 12.0, "NeedsReview": False}, {"Total": 13.0, "NeedsReview": False}],
    "root.pdf": [{"Total": 1.0, "NeedsReview": False}],
}
CELLS = [
    {"Name": "Item", "Text": "Item", "Row": 0, "Column": 0, "IsHeader": True},
    {"Name": "Price", "Text": "Price", "Row": 0, "Column": 1, "IsHeader": True},
    {"Name": "Item", "Text": "Bolt", "Row": 1, "Column": 0, "IsHeader": False},
    {"Name": "Price", "Text": "-0.20", "Row": 1, "Column": 1, "IsHeader": False},
]


@pytest.fixture(scope="module")
def account(free_ports: Callable[[int], int], eventually: Eventually) -> Iterator[StorageConnection]:
    """An account of its own, with the orders."""
    with running_storage(free_ports(3), eventually) as connection:
        services = make_app(connection, "http://127.0.0.1:1", "key").services
        for path, forms in ORDERS.items():
            store(services, path, forms)
        yield connection


def store(services: Services, path: str, forms: list[dict[str, Any]]) -> None:
    """A document with its rows: a value and a table of four cells for each."""
    services.documents.write(Document(path, "0x1", "succeeded"))
    services.rows.put_records(
        route_of(path), table_key(path), ({"Path": path, "ETag": "0x1", **one} for one in forms), {}
    )
    own = {"Path": path, "Route": route_of(path), "ETag": "0x1", "NeedsReview": False, "Page": 1, "Form": 1}
    value = {**own, "Kind": "keyValue", "Name": "Order number:", "Text": path, "Confidence": 0.9}
    cells = ({**own, "Kind": "cell", "Table": 0, **cell} for cell in CELLS)
    services.rows.put_fields(table_key(path), "0x1", [value, *cells])


@pytest.fixture
def services(account: StorageConnection) -> Services:
    """What the command works with."""
    return make_app(account, "http://127.0.0.1:1", "key").services


@pytest.fixture
def query(account: StorageConnection, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs `python -m cli query <words>` in this process; it must end with this exit code."""
    monkeypatch.setenv("DOCUMENTS_STORAGE", account.connection_string)
    monkeypatch.setenv("FORM_RECOGNIZER_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("FORM_RECOGNIZER_KEY", "key")

    def run(*words: str, code: int = 0) -> Result:
        done = CliRunner().invoke(commands.app, ["query", *words], env={"COLUMNS": "120"})
        assert done.exit_code == code, done.output
        return done

    return run


def lines(done: Result) -> list[dict[str, Any]]:
    """The JSON lines of standard output."""
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("folder", "paths"),
    [
        ("orders", sorted(path for path in ORDERS if path.startswith("orders/"))),
        ("orders/", sorted(path for path in ORDERS if path.startswith("orders/"))),
        ("orders/2026", ["orders/2026/3.pdf", "orders/2026/3.pdf!x"]),
        ("orders/2026/3.pdf", ["orders/2026/3.pdf"]),
        ("orders/2026/3.pdf!x", ["orders/2026/3.pdf!x"]),
        ("M\u00e4rz #1", ["M\u00e4rz #1/it's.pdf"]),
        ("M\u00e4rz #1/it's.pdf", ["M\u00e4rz #1/it's.pdf"]),
        ("default", ["root.pdf"]),
        ("root.pdf", ["root.pdf"]),
        ("", sorted(ORDERS)),
    ],
)
def test_a_folder_is_where_to_look(query: Callable[..., Result], folder: str, paths: list[str]) -> None:
    """A folder, one inside it, or one document; its forms, its values and its tables."""
    forms = [path for path in paths for _ in ORDERS[path]]
    assert sorted(row["Path"] for row in lines(query(folder, "--json"))) == forms
    values = query(folder, "--fields", "--field", "Order_number", "--json")
    assert sorted(row["Text"] for row in lines(values)) == paths
    tables = query(folder, "--tables", "--json")
    assert sorted(row["Path"] for row in lines(tables)) == paths


@given(expression=expressions())
@ON_STORAGE
def test_what_matches_is_what_python_says(
    expression: tuple[str, Any], services: Services, rows_to_match: list[dict[str, Any]]
) -> None:
    """Whatever storage does with columns that are absent or of another type."""
    text, meaning = expression
    asked = Asked(What.FORMS, "match", ("RowKey",), text, needs_review=False)
    found = [row["RowKey"] for row in Findings(services, asked).rows()]
    assert found == [row["RowKey"] for row in rows_to_match if holds(meaning, row) is True]


@pytest.fixture(scope="module")
def rows_to_match(account: StorageConnection) -> list[dict[str, Any]]:
    """A folder of forms whose columns hold all kinds of values, or are absent."""
    kinds = [None, "", "a", "it's", "\uff5e", "\U0001f600", "100", "PO-1", -5.5, 0.0, 100.0, True, False]
    pairs = product(kinds, [None, "a", 99.5, True])
    rows: list[dict[str, Any]] = []
    for number, (one, other) in enumerate(pairs):
        held = {"Total": one, "Customer": one, "Paid": other, NAMES["Order number"]: other}
        if number % 2:
            held = dict(zip(held, reversed(held.values()), strict=True))
        row = {
            "PartitionKey": "match",
            "RowKey": f"match|{number:03d}",
            "Path": f"match/{number:03d}",
            "NeedsReview": True,
        }
        rows.append(row | {name: value for name, value in held.items() if value is not None})
    put(account, rows)
    return rows


@given(text=st.text(st.characters(exclude_categories=["Cs"])), quote=st.sampled_from("'\""))
@ON_STORAGE
def test_any_text_is_found_by_itself(text: str, quote: str, account: StorageConnection, services: Services) -> None:
    """And its neighbours are not, whatever quotes, brackets and operators it holds."""
    row = {"PartitionKey": "any", "RowKey": "any|1", "Path": "any/1", "Text": text, "NeedsReview": False}
    put(account, [row, {**row, "RowKey": "any|2", "Text": f"{text}x"}])
    doubled = text.replace(quote, quote * 2)
    for sign, number in (("=", 1), ("!=", 2), (">", 2)):
        asked = Asked(What.FORMS, "any", ("RowKey",), f"Text {sign} {quote}{doubled}{quote}", needs_review=False)
        assert [found["RowKey"] for found in Findings(services, asked).rows()] == [f"any|{number}"]


def put(account: StorageConnection, rows: list[dict[str, Any]]) -> None:
    """Writes rows of one folder into `Records`."""
    with table_service(account) as tables:
        for batch in transactions(("upsert", row) for row in rows):
            tables.get_table_client(RECORDS_TABLE).submit_transaction(batch)


def test_a_number_is_found_in_texts_that_can_only_be_it(query: Callable[..., Result]) -> None:
    """And a person is told of those that might be."""
    done = query("orders", "--where", "Total > 100 and Customer = 'Contoso' or Total < 100", "--json")
    assert [row["Order_number"] for row in lines(done)] == ["PO-1", "PO-3"]
    assert "1 left out, where Total is no number or could be two, such as '1,234'." in done.stderr


def test_columns_and_reviews_are_chosen(query: Callable[..., Result]) -> None:
    """By the name of the column or of the key on the form."""
    done = query("orders", "--field", "Order number", "--field", "NeedsReview", "--needs-review", "--json")
    assert lines(done) == [{"Path": "orders/2.pdf", "Order_number": "PO-2", "NeedsReview": True}]
    assert done.stderr == ""


def test_csv_has_every_column_of_any_form(query: Callable[..., Result], tmp_path: Path) -> None:
    """In a file with a mark for Excel, on standard output without; neutralised in both."""
    shown = query("orders", "--format", "csv").stdout_bytes
    query("orders", "--output", str(tmp_path / "orders.csv"))

    written = (tmp_path / "orders.csv").read_bytes()
    assert written == b"\xef\xbb\xbf" + shown
    rows = list(csv.DictReader(io.StringIO(shown.decode(), newline="")))
    assert set(rows[0]) == {"Path", "NeedsReview", "Order_number", "Total", "Customer", "Paid"}
    assert [row["Total"] for row in rows] == ["8,901.74", "1,234", "99.5", "", ""]
    assert rows[1]["Customer"] == "'=1+1"


def test_a_workbook_and_parquet_have_the_same_rows(query: Callable[..., Result], tmp_path: Path) -> None:
    """The file's ending says what it is."""
    for name in ("orders.xlsx", "orders.parquet"):
        assert f"5 forms in {tmp_path / name}." in query("orders", "--output", str(tmp_path / name)).stderr

    sheet = openpyxl.load_workbook(tmp_path / "orders.xlsx")["Forms"]
    read = {cells[0]: cells[1:] for cells in zip(*sheet.values, strict=True)}
    table = parquet.read_table(tmp_path / "orders.parquet").to_pydict()
    assert list(read) == list(table)
    assert read["Path"] == tuple(table["Path"])
    assert read["Total"] == ("8,901.74", "1,234", 99.5, None, None)
    assert table["Total"] == ["8,901.74", "1,234", "99.5", None, None]
    assert table["Customer"][1] == "=1+1"


def test_values_have_the_columns_of_their_table(query: Callable[..., Result]) -> None:
    """All of them in CSV, those that matter on a terminal; `--where` speaks of them."""
    where = "Confidence >= 0.9 and Kind = 'keyValue' and Page = 1"
    rows = list(csv.DictReader(io.StringIO(query("root.pdf", "--fields", "--where", where, "--format", "csv").stdout)))
    assert [(row["Name"], row["Text"], row["Confidence"]) for row in rows] == [("Order number:", "root.pdf", "0.9")]
    shown = query("root.pdf", "--fields").stdout
    assert "Order number:" in shown
    assert "Bolt" in shown


def test_tables_come_back_as_tables(query: Callable[..., Result]) -> None:
    """With their headings, on a terminal and for a program."""
    shown = query("root.pdf", "--tables").stdout
    assert shown.startswith("root.pdf, table 0, page 1\n")
    assert shown.index("Item") < shown.index("Price") < shown.index("Bolt")
    told = query("root.pdf", "--tables", "--format", "csv").stdout_bytes
    assert told == b"Path,Page,Table,Row,Item,Price\r\nroot.pdf,1,0,1,Bolt,-0.20\r\n"


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("order",), 1, "There is no file and no folder order in `documents`. Folders: M\u00e4rz #1, default, orders."),
        (("orders/9.pdf",), 1, "There is no file and no folder orders/9.pdf in `documents`."),
        (("orders", "--where", "total > 5"), 0, "There is no column total.\nColumns: Customer, NeedsReview, Order_nu"),
        (("orders", "--where", "Total > 1e9"), 2, "at character 9"),
        (("orders", "--where", "Customer = 'x'"), 0, "Nothing was found."),
        (("orders", "--where", "Paid = 'x'"), 0, "Paid holds no texts: compare it with a value without quotes."),
        (("orders", "--where", "Customer = true"), 0, "Customer holds neither true nor false."),
        (("orders", "--field", "Nope"), 0, "There is no column Nope."),
        (("orders", "--fields", "--field", "Nope"), 0, "Names: Item, Order number:, Price."),
        (("orders", "--fields", "--records"), 2, "Give one of --records, --fields and --tables."),
        (("orders", "--tables", "--where", "a = 1"), 2, "not for --tables"),
        (("orders", "--json", "--format", "csv"), 2, "--json is --format jsonl"),
        (("\udcff",), 2, "is not UTF-8"),
        (("waiting",), 0, "Nothing was read there so far; `python -m cli status` shows where the documents are."),
    ],
)
def test_a_person_is_told_why_there_is_nothing(
    query: Callable[..., Result], services: Services, words: tuple[str, ...], code: int, sentence: str
) -> None:
    """In a sentence on standard error that says what there is."""
    if words == ("waiting",):
        services.documents.write(Document("waiting/a.pdf", "0x1", "waiting"))
    done = query(*words, code=code)
    unboxed = " ".join(done.stderr.replace("\u2502", " ").split())
    assert " ".join(sentence.split()) in unboxed
    if code:
        assert done.stdout == ""


WORDS_FOR_NOTHING = [
    (("order",), 1, "There is no file and no folder order in `documents`."),
    (("orders", "--where", "total > 5"), 1, "There is no column total. Columns: Customer, NeedsReview, Order_number"),
    (("orders", "--field", "Nope", "--where", "Total > 1000000"), 1, "There is no column Nope."),
    (("orders", "--fields", "--where", "Nope = 'x'"), 1, "There is no column Nope."),
    (("orders", "--fields", "--field", "Nope"), 1, "There is no value of that name."),
    (("orders", "--fields", "--field", "Nope", "--where", "Page = 1"), 1, "There is no value of that name."),
    (("orders", "--where", "Total > 1000000"), 0, "Nothing was found."),
    (("orders", "--where", "FieldsLeftOut > 0"), 0, "Nothing was found."),
    (("orders", "--fields", "--field", "Order number", "--where", "Page = 2"), 0, "Nothing was found."),
]


@pytest.mark.parametrize("name", ["keep.xlsx", "keep.txt"])
@pytest.mark.parametrize(("words", "code", "sentence"), WORDS_FOR_NOTHING)
def test_a_mistyped_query_leaves_the_file_that_is_there(
    query: Callable[..., Result], tmp_path: Path, name: str, words: tuple[str, ...], code: int, sentence: str
) -> None:
    """A folder, a column or a name that is nowhere is a failure; nothing where something might be is not."""
    path = tmp_path / name
    path.write_bytes(b"before")
    table = ("--format", "table") if name == "keep.txt" else ()
    done = query(*words, "--output", str(path), *table, code=code)
    assert sentence in done.stderr
    assert (path.read_bytes() == b"before") == bool(code)
    assert ("0 forms in" in done.stderr or "0 values in" in done.stderr) != bool(code)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("form", ["csv", "jsonl", "xlsx", "parquet"])
@pytest.mark.parametrize(("words", "code", "sentence"), WORDS_FOR_NOTHING[:2])
def test_a_mistyped_query_gives_a_program_nothing(
    query: Callable[..., Result], form: str, words: tuple[str, ...], code: int, sentence: str
) -> None:
    """Not even a heading, and it has failed."""
    done = query(*words, "--format", form, code=code)
    assert done.stdout_bytes == b""
    assert sentence in done.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("--output", "o.pdf"),
            "o.pdf ends in none of .csv, .jsonl, .json, .ndjson, .xlsx, .parquet; or",
        ),
        (("--output", "orders"), "orders ends in none of .csv"),
        (("--output", "o.table"), "o.table ends in none of .csv"),
        (("--output", "o.csv", "--format", "xlsx"), "a file that ends in .csv is not --format xlsx."),
        (("--output", "o.XLSX", "--json"), "a file that ends in .xlsx is not --format jsonl."),
        (("--output", "o.json", "--format", "table"), "a file that ends in .json is not --format table."),
    ],
)
def test_a_file_ends_in_what_it_holds(
    query: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], sentence: str
) -> None:
    """So that nobody finds a drawing of a hundred rows in a file that was to hold all."""
    monkeypatch.chdir(tmp_path)
    done = query("orders", *words, code=2)
    assert sentence in " ".join(done.stderr.replace("\u2502", " ").split())
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["o.json", "o.ndjson", "o.JSONL", "o.txt"])
def test_json_lines_have_three_endings(query: Callable[..., Result], tmp_path: Path, name: str) -> None:
    """An ending that says nothing is as `--format` says."""
    words = ("--json",) if name == "o.txt" else ()
    done = query("orders", "--output", str(tmp_path / name), *words)
    assert f"5 forms in {tmp_path / name}." in done.stderr
    assert (tmp_path / name).read_text() == query("orders", "--json").stdout


def test_a_drawn_table_is_counted_too(query: Callable[..., Result], tmp_path: Path) -> None:
    """As any other file is."""
    done = query("orders", "--output", str(tmp_path / "o.txt"), "--format", "table")
    assert f"5 forms in {tmp_path / 'o.txt'}." in done.stderr
    assert "PO-1" in (tmp_path / "o.txt").read_text()


@pytest.mark.parametrize(
    ("where", "sentences"),
    [
        ("Total > '100'", ["Total and '100' are compared letter by letter; leave the quotes out"]),
        ("Total <= '1,234'", ["Total and '1,234' are compared letter by letter; leave the quotes out"]),
        (
            "Total > '2026-01-31'",
            ["Total is compared letter by letter, and the column holds no dates like"],
        ),
        ("Total = '1,234'", []),
        ("Day > '2026'", []),
        ("Day > '2026-01'", []),
        ("Total > 100 and Order_number > 'PO'", []),
    ],
)
def test_a_person_is_told_what_is_compared_letter_by_letter(
    query: Callable[..., Result], account: StorageConnection, where: str, sentences: list[str]
) -> None:
    """A number or a date in quotes, unless the column has dates that sort; whether something matched or not."""
    put(account, [{"PartitionKey": "dated", "RowKey": "dated|1", "Path": "dated/1", "ETag": "x", "NeedsReview": False,
                   "Day": "2026-02-01"}])  # fmt: skip
    told = query("dated" if "Day" in where else "orders", "--where", where).stderr
    assert [one for one in sentences if one not in told] == []
    assert ("letter by letter" in told) == bool(sentences)


def test_many_forms_come_in_pages(query: Callable[..., Result], account: StorageConnection) -> None:
    """The first hundred on a terminal, and how to get all; all of them in a file."""
    put(account, [{"PartitionKey": "many", "RowKey": f"many|{number:04d}", "Path": f"many/{number:04d}", "ETag": "x",
                   "NeedsReview": False, "Number": float(number)} for number in range(MANY)])  # fmt: skip
    first = query("many")
    assert first.stdout.count("many/") == 100
    assert "These are the first 100 forms. All of them: --format csv" in first.stderr
    assert [row["Number"] for row in lines(query("many", "--json"))] == [float(number) for number in range(MANY)]
    some = query("many", "--where", f"Number >= {MANY - 2}")
    assert some.stdout.count("many/") == 2
    assert some.stderr == ""

    late = {"PartitionKey": "many", "RowKey": "many|9", "Path": "many/9", "ETag": "x", "NeedsReview": False}
    put(account, [{**late, "Late": "yes"}])
    assert query("many", "--where", "Late = 'no'", "--json").stdout == "", "no mistake: a later row has that column"
    assert "There is no column late." in query("many", "--where", "late = 'no'", "--json", code=1).stderr


def test_an_empty_account_says_so(free_ports: Callable[[int], int], eventually: Eventually, tmp_path: Path) -> None:
    """It is not a failure; a file that was asked for has its heading. A reader that has enough is none either."""
    with running_storage(free_ports(3), eventually) as connection:
        environment = {"DOCUMENTS_STORAGE": connection.connection_string, "FORM_RECOGNIZER_ENDPOINT": "http://localhost:1",
                       "FORM_RECOGNIZER_KEY": "key"}  # fmt: skip
        command = [sys.executable, "-m", "cli", "query", "--output", str(tmp_path / "all.csv")]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=60
        )
    assert done.stdout == ""
    assert "There are no documents yet; `python -m cli upload` drops some." in done.stderr
    assert (tmp_path / "all.csv").read_bytes() == b"\xef\xbb\xbfPath\r\n"
