"""Whatever code the app may write on a document's row, there is advice for it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from cli.advice import WHAT_TO_DO, what_to_do
from shared.recognizer.refusals import MEANINGS, NO_MODEL, NO_QUOTA

ROOT = Path(__file__).parents[2]
CODE_AT = {"Never": 0, "FormsError": 0, "fail": 2, "submit_anew": 2}
"""At which place of a call the code is given, by the name that is called."""


def own_codes() -> set[str]:
    """The codes that stand in calls of these names in shared/, or in a constant there."""
    found = set()
    for path in sorted((ROOT / "shared").rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in CODE_AT:
                place = CODE_AT[call.func.id]
                code = call.args[place] if len(call.args) > place else None
                if isinstance(code, ast.Constant) and isinstance(code.value, str):
                    found.add(code.value)
    return found


def test_every_code_of_the_app_has_advice() -> None:
    """Those that it writes itself, and those by which it tells the service's answers apart."""
    codes = own_codes()
    assert {"EmptyFile", "DeadlineExceeded", "ResultGone", "ModelCreating", "UnknownModel"} <= codes
    assert codes | {"MalformedResult", "PartialResult", "WorkerStopped", "Unreachable", "ForeignUrl"} <= set(WHAT_TO_DO)
    assert set(WHAT_TO_DO) >= NO_MODEL
    assert NO_QUOTA in MEANINGS
    assert "QuotaUsedUp" in WHAT_TO_DO


@pytest.mark.parametrize("code", WHAT_TO_DO)
def test_advice_is_a_part_of_a_sentence(code: str) -> None:
    """It goes on from the code, and has no full stop."""
    advice = WHAT_TO_DO[code]

    assert advice
    assert advice[0].islower() or advice[0] == "`"
    assert not advice.endswith(".")


@pytest.mark.parametrize(
    ("status", "code", "begins"),
    [
        ("succeeded", None, ""),
        ("analyzing", None, ""),
        ("failed", "EmptyFile", "drop the file again"),
        ("failed", "NeverHeardOf", "see the service's words"),
        ("waiting", "500", "nothing: it is tried again"),
        ("waiting", "401", "mend FORM_RECOGNIZER_KEY"),
    ],
)
def test_what_to_do(status: str, code: str | None, begins: str) -> None:
    """Nothing about a document that is well; the service's words where nobody knows better."""
    assert what_to_do(status, code).startswith(begins)
    assert bool(what_to_do(status, code)) == bool(begins)


def test_the_table_of_the_page_on_operating_is_this_one() -> None:
    """Code by code, in the same order."""
    page = (ROOT / "docs/operating.md").read_text(encoding="utf-8")

    assert re.findall(r"^\| `(\w+)` \| (.+) \|$", page, re.MULTILINE) == list(WHAT_TO_DO.items())
