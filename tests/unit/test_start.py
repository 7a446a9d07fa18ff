"""What loading the app must not cost: the worker imports it before it can do anything else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SETTINGS = {
    "DOCUMENTS_STORAGE": "UseDevelopmentStorage=true",
    "FORM_RECOGNIZER_ENDPOINT": "http://127.0.0.1:10003",
    "FORM_RECOGNIZER_KEY": "key",
}


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """The modules of a fresh process that has imported `function_app`."""
    script = "import sys, function_app; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, **SETTINGS},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("heavy", ["pypdf", "local", "cli", "rich", "typer", "azure.storage.blob.aio", "aiohttp"])
def test_loading_the_app_leaves_out_what_only_some_documents_or_other_programs_need(
    loaded: set[str], heavy: str
) -> None:
    """`pypdf` waits for the first PDF; the others belong to a laptop, or to who works with asyncio."""
    assert "function_app" in loaded
    assert heavy not in loaded
