"""The quickstart's own scripts train and read against the analyzer; only what a user must change is changed."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from azure.storage.blob import BlobServiceClient, ContainerSasPermissions, generate_container_sas

from samples import purchase_order
from samples.__main__ import forms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.settings import StorageConnection
    from tests.stack.conftest import Analyzer

SCRIPTS = Path(__file__).parent / "quickstart"
ORDERS = forms(1, purchase_order)
# the one line of each tab that cannot run: it does not put the model's id in, and v2.0's asks v2.1
BROKEN = {
    "2.0": '"/formrecognizer/v2.1/custom/models/{modelId}/analyze"',
    "2.1": '"/formrecognizer/v2.1/custom/models/{modelId}/analyze" % model_id',
}
MENDED = '"/formrecognizer/v{}/custom/models/%s/analyze" % model_id'


@pytest.fixture(scope="module")
def training(storage: StorageConnection) -> str:
    """The SAS URL of a container with five purchase orders."""
    with BlobServiceClient.from_connection_string(str(storage.connection_string)) as service:
        container = service.create_container(f"quickstart-{time.time_ns()}")
        for form in ORDERS[:5]:
            container.upload_blob(form.name, form.pdf)
        token = generate_container_sas(
            str(service.account_name),
            container.container_name,
            account_key=service.credential.account_key,
            permission=ContainerSasPermissions(read=True, list=True),
            expiry=datetime.now(UTC) + timedelta(hours=1),
        )
        return f"{container.url}?{token}"


@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_the_quickstart(analyzer: Analyzer, training: str, tmp_path: Path, version: str) -> None:
    """The first script ends with a report of each document, the second with the values of a new form."""
    order = ORDERS[5]
    (tmp_path / order.name).write_bytes(order.pdf)
    placeholders = {
        "<endpoint>": analyzer.url,
        "<subscription key>": analyzer.key,
        "<subsription key>": analyzer.key,
        "<SAS URL>": training,
        "<Blob folder name>": "",
        "<your model name>": "orders",
        "<file path>": str(tmp_path / order.name),
        "<file type>": "application/pdf",
    }
    script = _script(f"train-v{version}", "wait-for-the-model", placeholders)
    model = _printed(script, tmp_path, "Training succeeded:")
    assert [one["documentName"] for one in model["trainResult"]["trainingDocuments"]] == [
        one.name for one in ORDERS[:5]
    ]
    assert model["trainResult"]["errors"] == []
    assert "modelName" not in model["modelInfo"]

    placeholders["<model_id>"] = model["modelInfo"]["modelId"]
    script = _script(f"analyze-v{version}", "wait-for-the-result", placeholders)
    assert script.count(BROKEN[version]) == 1
    script = script.replace(BROKEN[version], MENDED.format(version))
    result = _printed(script, tmp_path, "Analysis succeeded:")["analyzeResult"]
    (page,) = result["pageResults"]
    read = {pair["key"]["text"].removesuffix(":"): pair["value"]["text"] for pair in page["keyValuePairs"]}
    assert result["version"] == f"{version}.0"
    assert read == order.values
    assert result["readResults"][0]["lines"][0]["words"]


def _script(beginning: str, end: str, placeholders: Mapping[str, str]) -> str:
    text = "".join((SCRIPTS / f"{name}.txt").read_text(encoding="utf-8") for name in (beginning, end))
    for placeholder, value in placeholders.items():
        text = text.replace(placeholder, value)
    return text


def _printed(script: str, folder: Path, announced: str) -> dict[str, Any]:
    """The JSON that a script prints after these words."""
    path = folder / "script.py"
    path.write_text(script, encoding="utf-8")
    done = subprocess.run([sys.executable, path], capture_output=True, text=True, timeout=120, check=True)
    told, _, rest = done.stdout.partition(announced)
    assert rest, told
    found: dict[str, Any] = json.loads(rest)
    return found
