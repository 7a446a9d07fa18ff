"""The queries of the alerts name events, and members of their lines, that the steps write."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
QUERIES = sorted((ROOT / "infra/queries").glob("*.kql"))
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


@pytest.mark.parametrize("query", QUERIES, ids=lambda path: path.stem)
def test_a_query_names_only_what_is_logged(query: Path) -> None:
    """Each event exists, and each member is on the line of an event that the query is about."""
    text = query.read_text(encoding="utf-8")

    assert "parse_json(message)" in text
    assert re.search(r'"\w+"', text), "it names no event"
    assert unknown_names(text, written()) == set()


@pytest.mark.parametrize(
    ("of", "becomes", "unknown"),
    [
        ('"document_failed"', '"document_broke"', "document_broke"),
        ('"poll_put_off"', '"poll_delayed"', "poll_delayed"),
        ('startswith "poison_"', 'startswith "venom_"', "venom_"),
        ('endswith "_put_off"', 'endswith "_delayed"', "_delayed"),
        ("line.code", "line.reason", "reason"),
        ("line.queue", "line.status", "status"),
    ],
)
def test_a_name_that_nobody_logs_is_found(of: str, becomes: str, unknown: str) -> None:
    """Also a member that only other events have: `status` is never on the line of a poison message."""
    changed = [text.replace(of, becomes) for query in QUERIES if of in (text := query.read_text(encoding="utf-8"))]

    assert changed
    assert all(unknown in unknown_names(text, written()) for text in changed)
