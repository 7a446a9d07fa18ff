"""What the README shows is what happens."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

    from tests.acceptance.conftest import Stack
    from tests.conftest import Eventually

ROOT = Path(__file__).parents[2]


def test_the_commands_and_the_code_of_the_readme_work_as_pasted(
    stack: Stack, eventually: Eventually, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Train, drop and look, in the README's own words; only the ports are those of this test."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (trained,) = re.findall(r"^\.venv/bin/python -m (cli train .+)$", readme, re.MULTILINE)
    drop, look = re.findall(r"```python\n(.+?)```", readme, re.DOTALL)
    (shown,) = re.findall(r"```\n(purchase-order/po-6\.pdf .+)\n```", readme)
    monkeypatch.chdir(ROOT)
    stack.up()

    assert stack.run(*trained.split()).returncode == 0
    _run(drop, stack)

    def printed() -> str:
        _run(look, stack)
        return capsys.readouterr().out.strip()

    assert eventually(printed, "the row in Records") == shown


def _run(code: str, stack: Stack) -> None:
    exec(code.replace("UseDevelopmentStorage=true", stack.connection.connection_string), {})  # noqa: S102
