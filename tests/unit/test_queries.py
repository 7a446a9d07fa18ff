"""The queries of the alerts and of the workbook name events, and members of their lines, that the steps write."""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from pathlib import Path

import pytest

from cli.advice import WHAT_TO_DO, what_to_do

ROOT = Path(__file__).parents[2]
WORKBOOK = json.loads((ROOT / "infra/workbooks/documents.json").read_text(encoding="utf-8"))
TEXT, QUERY, PARAMETERS = 1, 3, 9
"""The types of a workbook's items that ours is made of."""

QUERIES = {path.stem: path.read_text(encoding="utf-8") for path in sorted((ROOT / "infra/queries").glob("*.kql"))}
OF_REQUESTS = QUERIES.pop("silent")
"""It is about a function that ran, not about a line."""

QUERIES |= {item["name"]: item["content"]["query"] for item in WORKBOOK["items"] if item["type"] == QUERY}
"""Each query by its file's name, or by its item's in the workbook."""

NOT_WRITTEN = {"level"}
"""What `log` takes for itself."""

BESIDE = {"log": {"event", "document", "etag"}}
BESIDE["log_outcome"] = BESIDE["log"] | {"model", "operation", "polls", "wait", "seconds"}
"""What each of the two functions writes on every line."""


@cache
def written() -> dict[str, set[str]]:
    """Each event that is logged anywhere in shared/, with the members of its line."""
    events: dict[str, set[str]] = {}
    for path in sorted((ROOT / "shared").rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in BESIDE:
                if isinstance(call.args[0], ast.Name) and path.name == "outcome.py":
                    continue
                event = ast.literal_eval(call.args[0])
                assert isinstance(event, str), f"{path.name}:{call.lineno}: the event's name is no text"
                details = {keyword.arg for keyword in call.keywords if keyword.arg}
                events.setdefault(event, set()).update((details | BESIDE[call.func.id]) - NOT_WRITTEN)
    return events


def unknown_names(query: str, events: dict[str, set[str]]) -> set[str]:
    """The events and members in `query` that no line has; an event may be named by how it begins or ends."""
    code = re.sub(r"//.*", "", query)
    lines = set(re.findall(r"(\w+) = parse_json\(message\)", code))
    column = r"(?:\bevent|tostring\(\w+\.event\))"
    equal = re.findall(rf'{column} !?(?:==?|=~) ?"([^"]*)"', code)
    listed = [
        name for names in re.findall(rf"{column} !?in~? ?\(([^)]*)\)", code) for name in re.findall(r'"(.*?)"', names)
    ]
    begins = re.findall(rf'{column} !?startswith "([^"]*)"', code)
    ends = re.findall(rf'{column} !?endswith "([^"]*)"', code)
    unknown = {name for name in (*equal, *listed) if name not in events}
    unknown |= {name for name in begins if not any(event.startswith(name) for event in events)}
    unknown |= {name for name in ends if not any(event.endswith(name) for event in events)}

    members = {member for line in lines for member in re.findall(rf"\b{line}\.(\w+)", code)}
    named = {event for event in events if event in (*equal, *listed) or event.startswith(tuple(begins))}
    return unknown | (members - set().union(*(events[event] for event in named or events)))


def test_the_look_for_a_silent_app_asks_for_a_function_that_there_is() -> None:
    """The timer's."""
    (name,) = re.findall(r'name == "(\w+)"', OF_REQUESTS)

    assert f"def {name}(" in (ROOT / "function_app.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_names_only_what_is_logged(name: str) -> None:
    """Each event exists, and each member is on the line of an event that the query is about."""
    query = QUERIES[name]

    assert "parse_json(message)" in query
    assert re.search(r'"\w+"', query), "it names no event"
    assert unknown_names(query, written()) == set()


@pytest.mark.parametrize(
    ("of", "becomes", "unknown"),
    [
        ('"document_failed"', '"document_broke"', "document_broke"),
        ('"poll_put_off"', '"poll_delayed"', "poll_delayed"),
        ('startswith "poison_"', 'startswith "venom_"', "venom_"),
        ('endswith "_put_off"', 'endswith "_delayed"', "_delayed"),
        ("line.code", "line.reason", "reason"),
        ("line.queue", "line.status", "status"),
        ("line.seconds", "line.duration", "duration"),
        ("line.needs_review", "line.code", "code"),
    ],
)
def test_a_name_that_nobody_logs_is_found(of: str, becomes: str, unknown: str) -> None:
    """Also a member that only other events have: `status` is never on the line of a poison message."""
    changed = [query.replace(of, becomes) for query in QUERIES.values() if of in query]

    assert changed
    assert all(unknown in unknown_names(text, written()) for text in changed)


def test_the_workbook_is_made_of_what_azure_knows() -> None:
    """Texts, queries and parameters, each with the version of its kind and a name of its own."""
    versions = {TEXT: None, QUERY: "KqlItem/1.0", PARAMETERS: "KqlParameterItem/1.0"}
    items = WORKBOOK["items"]

    assert WORKBOOK["version"] == "Notebook/1.0"
    assert WORKBOOK["fallbackResourceIds"] == ["##applicationInsightsId##"]
    assert [item["content"].get("version") for item in items] == [versions[item["type"]] for item in items]
    assert len({item["name"] for item in items}) == len(items)
    assert set(QUERIES) >= {"states", "delay", "pages-paid", "review-by-model", "latest-to-review", "codes", "waits"}


def test_the_workbooks_queries_ask_the_log_of_the_chosen_time() -> None:
    """Application Insights, in the time range that is the workbook's one parameter."""
    contents = [item["content"] for item in WORKBOOK["items"]]
    (parameters,) = [content["parameters"] for content in contents if "parameters" in content]
    asked = [content for content in contents if "query" in content]

    assert [(parameter["name"], parameter["type"]) for parameter in parameters] == [("TimeRange", 4)]
    assert {content["resourceType"] for content in asked} == {"microsoft.insights/components"}
    assert {content["queryType"] for content in asked} == {0}
    assert {content["timeContextFromParameter"] for content in asked} == {"TimeRange"}
    assert {content["visualization"] for content in asked} <= {"table", "barchart", "timechart"}
    assert {name for content in asked for name in re.findall(r"\{.*?\}", content["query"])} == {"{TimeRange:grain}"}


def test_the_workbook_advises_as_the_command_line_does() -> None:
    """The same sentence for each code, and the same for all others."""
    table = re.search(r"datatable\(code: string, sentence: string\) \[\n(.*?)\n\];", QUERIES["codes"], re.DOTALL)

    assert table
    assert dict(json.loads(f"[{line.rstrip(',')}]") for line in table[1].splitlines()) == WHAT_TO_DO
    for status in ("failed", "waiting"):
        assert json.dumps(what_to_do(status, "another")) in QUERIES["codes"].replace(table[1], "")


def test_what_the_queries_count_is_not_sampled() -> None:
    """An alert does not fire on a line that was left out."""
    host = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))

    assert "Trace" in host["logging"]["applicationInsights"]["samplingSettings"]["excludedTypes"].split(";")


def test_the_documentation_shows_the_query_as_it_is() -> None:
    """But for the comment above it."""
    _, _, query = QUERIES["one-document"].partition("\n")

    assert query in (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
