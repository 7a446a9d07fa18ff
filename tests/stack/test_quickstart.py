"""Microsoft's quickstart, as it is printed: its scripts train on the analyzer and read a form with it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from samples.__main__ import files
from tests.stack.labelling import container_with

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.settings import StorageConnection
    from tests.stack.conftest import Analyzer

SCRIPTS = Path(__file__).parent / "quickstart"
FORMS = dict(files(1))
TRUTH: dict[str, str] = json.loads(FORMS["purchase-order/truth.json"])["po-6.pdf"]

CANNOT_RUN = {
    # `%` on a text without a place for it raises TypeError.
    "analyze-v2.1": ("models/{modelId}/analyze", "models/%s/analyze"),
    # The id is never filled in.
    "analyze-v2.0": ('models/{modelId}/analyze"', 'models/%s/analyze" % model_id'),
}
"""The one line of a script that cannot run as printed, mended."""


def run(script: str, folder: Path, **placeholders: str) -> dict[str, Any]:
    """Runs a script with its placeholders filled in and returns the JSON that it prints at its end."""
    text = (SCRIPTS / f"{script}.txt").read_text(encoding="utf-8")
    if script in CANNOT_RUN:
        text = text.replace(*CANNOT_RUN[script])
    for name, value in placeholders.items():
        text = text.replace(f"<{name.replace('_', ' ')}>", value)
    # The model id is the only placeholder that is written with an underscore.
    text = text.replace("<model_id>", placeholders.get("model_id", ""))
    path = folder / f"{script}.py"
    path.write_text(text, encoding="utf-8")
    done = subprocess.run([sys.executable, path], stdout=subprocess.PIPE, text=True, check=True, timeout=120)
    said, _, answer = done.stdout.rpartition("succeeded:\n")
    assert said.strip().endswith(("Training", "Analysis")), done.stdout
    found: dict[str, Any] = json.loads(answer)
    return found


@pytest.mark.parametrize("version", ["v2.0", "v2.1"])
def test_the_quickstart_trains_and_reads(
    analyzer: Analyzer, storage: StorageConnection, unique: Callable[[str], str], tmp_path: Path, version: str
) -> None:
    """With nothing changed but the placeholders and the one line that cannot run."""
    prefix = "purchase-order/train"
    forms = {name: content for name, content in FORMS.items() if name.startswith(prefix)}
    source = container_with(storage, unique("quickstart"), forms)
    form = tmp_path / "form.pdf"
    form.write_bytes(FORMS["purchase-order/read/po-6.pdf"])
    # The page spells the placeholder of the key in two ways.
    here = {"endpoint": analyzer.url, "subscription_key": analyzer.key, "subsription_key": analyzer.key}

    folder = {"Blob_folder_name": prefix, "your_model_name": "orders"}
    trained = run(f"train-{version}", tmp_path, SAS_URL=source, **folder, **here)
    assert [one["status"] for one in trained["trainResult"]["trainingDocuments"]] == ["succeeded"] * 5

    model_id = trained["modelInfo"]["modelId"]
    read = run(
        f"analyze-{version}", tmp_path, file_path=str(form), model_id=model_id, file_type="application/pdf", **here
    )
    result = read["analyzeResult"]
    pairs = {
        pair["key"]["text"].rstrip(":"): pair["value"]["text"] for pair in result["pageResults"][0]["keyValuePairs"]
    }
    assert pairs == TRUTH
    assert result["readResults"][0]["lines"], "the text details that it asks for"
    assert result["documentResults"] == []
