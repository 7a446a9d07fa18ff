"""The offline analyzer over HTTP: it answers as the service does, and survives a kill."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from azure.storage.blob import BlobServiceClient, ContainerSasPermissions, generate_container_sas
from PIL import Image

from samples.__main__ import files
from tests.stack.calling import KEY, PDF, Client, running
from tests.unit.analyzer.picturing import blank

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shared.settings import StorageConnection
    from tests.conftest import Eventually

ROOT = Path(__file__).parents[2]
SAMPLES = dict(files(1))
FORM = SAMPLES["purchase-order/read/po-6.pdf"]
SCAN = (ROOT / "samples" / "purchase-order" / "read" / "po-6-scan.png").read_bytes()
LAYOUT = "/formrecognizer/v2.1/layout/analyze"
MODELS = "/formrecognizer/v2.1/custom/models"
NO_MODEL = "00000000-0000-0000-0000-000000000000"


@pytest.fixture(scope="module")
def shared_client(
    free_ports: Callable[[int], int], eventually: Eventually, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Client]:
    """One analyzer for all tests that need nothing special."""
    state = tmp_path_factory.mktemp("state")
    with running(free_ports(1), state, eventually, "--seconds", "0", "--no-quota") as (client, _):
        yield client


@pytest.fixture
def client(shared_client: Client) -> Client:
    """The same without faults, counting from 0."""
    shared_client.call("DELETE", "/_analyzer/faults")
    shared_client.call("DELETE", "/_analyzer/counts")
    return shared_client


def test_a_wrong_key_is_refused_in_the_services_words(client: Client) -> None:
    """401 for another key, for none and for the key with something added; nothing is billed."""
    for key in ("", "wrong", KEY + "x"):
        answer = client.post(key=key)
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "401"
        assert "invalid subscription key" in answer.json()["error"]["message"]
    assert client.counts()["analyze"]["accepted"] == 0


def test_layout_reads_lines_and_tables(client: Client, eventually: Eventually) -> None:
    """202 with an absolute Operation-Location; then words that the cells' elements lead to."""
    posted = client.post()
    assert (posted.status_code, posted.content) == (202, b"")
    assert posted.headers["Operation-Location"].startswith(f"{client.url}/formrecognizer/v2.1/layout/analyzeResults/")
    body = eventually(lambda: client.finished(posted), "the result")
    result = body["analyzeResult"]
    assert (body["status"], result["version"]) == ("succeeded", "2.1.0")
    (table,) = result["pageResults"][0]["tables"]
    cell = next(cell for cell in table["cells"] if cell["text"])
    assert " ".join(_resolve(body, pointer)["text"] for pointer in cell["elements"]) == cell["text"]


def _resolve(body: dict[str, Any], pointer: str) -> dict[str, Any]:
    node: Any = body["analyzeResult"]
    for step in pointer.removeprefix("#/").split("/"):
        node = node[int(step)] if isinstance(node, list) else node[step]
    return dict(node)


def test_training_from_a_container_and_reading(
    client: Client, storage: StorageConnection, eventually: Eventually, unique: Callable[[str], str]
) -> None:
    """The files under a prefix behind a SAS URL make a model that reads a new form right."""
    source = _upload(storage, unique("training"))
    body = {"source": source, "sourceFilter": {"prefix": "purchase-order/train"}, "modelName": "orders"}
    created = client.call("POST", MODELS, json=body)
    assert created.status_code == 201
    model_url = created.headers["Location"]
    eventually(lambda: client.call("GET", model_url).json()["modelInfo"]["status"] == "ready", "a ready model")
    model = client.call("GET", model_url, params={"includeKeys": "true"}).json()
    assert model["modelInfo"]["modelName"] == "orders"
    assert "Order number:" in model["keys"]["clusters"]["0"]
    assert [one["status"] for one in model["trainResult"]["trainingDocuments"]] == ["succeeded"] * 5
    assert "keys" not in client.call("GET", model_url).json()

    posted = client.post(f"{model_url}/analyze?includeTextDetails=true")
    assert f"{model_url}/analyzeresults/" in posted.headers["Operation-Location"]
    result = eventually(lambda: client.finished(posted), "the result")["analyzeResult"]
    (page,) = result["pageResults"]
    read = {pair["key"]["text"].removesuffix(":"): pair["value"]["text"] for pair in page["keyValuePairs"]}
    assert read == json.loads(SAMPLES["purchase-order/truth.json"])["po-6.pdf"]
    assert (page["clusterId"], result["documentResults"], result["errors"]) == (0, [], [])
    assert all(0 <= pair["confidence"] <= 1 for pair in page["keyValuePairs"])

    scanned = client.call("POST", f"{model_url}/analyze", data=SCAN, headers={"Content-Type": "image/png"})
    (page,) = eventually(lambda: client.finished(scanned), "the result of the scan")["analyzeResult"]["pageResults"]
    seen = {pair["key"]["text"].removesuffix(":"): pair["value"]["text"] for pair in page["keyValuePairs"]}
    assert len(seen.items() & read.items()) >= len(read) - 1

    for content in (b"not a pdf", b"\x89PNG\r\n\x1a\n", blank(40, 40)):
        damaged = client.post(f"{model_url}/analyze", content)
        assert damaged.status_code == 202
        failed = eventually(partial(client.finished, damaged), "the failure")
        assert (failed["status"], failed["analyzeResult"]["errors"][0]["code"]) == ("failed", "2005")


def _upload(storage: StorageConnection, name: str) -> str:
    with BlobServiceClient.from_connection_string(str(storage.connection_string)) as service:
        container = service.create_container(name)
        for path, content in SAMPLES.items():
            container.upload_blob(path, content)
        token = generate_container_sas(
            str(service.account_name),
            name,
            account_key=service.credential.account_key,
            permission=ContainerSasPermissions(read=True, list=True),
            expiry=datetime.now(UTC) + timedelta(hours=1),
        )
        return f"{container.url}?{token}"


def test_a_source_that_cannot_be_listed_makes_an_invalid_model(
    client: Client, storage: StorageConnection, eventually: Eventually, unique: Callable[[str], str]
) -> None:
    """201 all the same; then `invalid` with 2012."""
    source = _upload(storage, unique("training")).partition("?")[0]
    url = client.call("POST", MODELS, json={"source": source}).headers["Location"]
    eventually(lambda: client.call("GET", url).json()["modelInfo"]["status"] == "invalid", "an invalid model")
    assert [one["code"] for one in client.call("GET", url).json()["trainResult"]["errors"]] == ["2012"]


def test_an_unknown_model(client: Client) -> None:
    """400 with 1001 for a document, 404 with 1022 for the model itself, as the service has it."""
    posted = client.post(f"{MODELS}/{NO_MODEL}/analyze")
    assert (posted.status_code, posted.json()["error"]["code"]) == (400, "1001")
    got = client.call("GET", f"{MODELS}/{NO_MODEL}")
    assert (got.status_code, got.json()["error"]["code"]) == (404, "1022")


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"not a pdf", "application/pdf", 400, "InvalidImage"),
        (b"", "application/pdf", 400, "BadArgument"),
        (b"hello", "text/plain", 415, "UnsupportedMediaType"),
        (b"{", "application/json", 400, "BadArgument"),
        (b'{"source": "nowhere"}', "application/json", 400, "InvalidImageURL"),
        (b'{"source": "http://127.0.0.1:1/x.pdf"}', "application/json", 400, "FailedToDownloadImage"),
    ],
)
def test_layout_refuses_a_bad_document_at_once(
    client: Client, content: bytes, kind: str, status: int, code: str
) -> None:
    """The code says what is wrong, and nothing is billed."""
    answer = client.call("POST", LAYOUT, data=content, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert client.counts()["analyze"]["accepted"] == 0


def test_layout_reads_a_scan(client: Client, eventually: Eventually) -> None:
    """In pixels, with the angle, with confidences, and with the table that is ruled on it."""
    posted = client.call("POST", LAYOUT, data=SCAN, headers={"Content-Type": "image/png"})
    body = eventually(lambda: client.finished(posted), "the result")
    (page,) = body["analyzeResult"]["readResults"]
    with Image.open(io.BytesIO(SCAN)) as picture:
        assert (page["unit"], page["width"], page["height"]) == ("pixel", *picture.size)
    assert 0.5 < abs(page["angle"]) < 2.5
    words = [word for line in page["lines"] for word in line["words"]]
    assert all(len(word["boundingBox"]) == 8 and 0 < word["confidence"] <= 1 for word in words)
    (table,) = body["analyzeResult"]["pageResults"][0]["tables"]
    assert [cell["text"] for cell in table["cells"]][:3] == ["Item", "Description", "Quantity"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(b"\x89PNG\r\n\x1a\n", "InvalidImage", id="damaged"),
        pytest.param(blank(49, 200), "InvalidImageDimension", id="too small"),
        pytest.param(blank(10_001, 60), "InvalidImageDimension", id="too large"),
    ],
)
def test_layout_refuses_a_picture_that_it_cannot_read(client: Client, content: bytes, code: str) -> None:
    """400 at once, and nothing is billed."""
    answer = client.call("POST", LAYOUT, data=content, headers={"Content-Type": "image/png"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert client.counts()["analyze"]["accepted"] == 0


def test_a_chunked_body_is_read(client: Client, eventually: Eventually) -> None:
    """A document without Content-Length arrives whole."""
    posted = client.call("POST", LAYOUT, data=(FORM[at : at + 1000] for at in range(0, len(FORM), 1000)), headers=PDF)
    assert posted.status_code == 202
    assert eventually(lambda: client.finished(posted), "the result")["status"] == "succeeded"
    assert client.counts()["accepted_by_content"] == {hashlib.sha256(FORM).hexdigest(): 1}


def test_what_the_api_does_not_have(client: Client) -> None:
    """404 for models it does not have, other versions and results nobody asked for."""
    for path in (LAYOUT.replace("layout", "prebuilt/businessCard"), LAYOUT.replace("v2.1", "v1.0")):
        assert client.post(path).json()["error"] == {"code": "404", "message": "Resource not found"}
    assert client.call("GET", f"{LAYOUT}Results/{NO_MODEL}").status_code == 404


def test_a_throttle_and_a_status_on_request(client: Client) -> None:
    """429 names the seconds in its message and sets no Retry-After unless asked to; neither is billed."""
    client.fault(on="analyze", kind="throttle", times=1)
    client.fault(on="analyze", kind="status", status=503, retry_after=7, times=1)
    throttled, unavailable, proper = client.post(), client.post(), client.post()
    assert (throttled.status_code, throttled.json()["error"]["code"]) == (429, "429")
    assert "Please retry after 1 second" in throttled.json()["error"]["message"]
    assert "Retry-After" not in throttled.headers
    assert (unavailable.status_code, unavailable.headers["Retry-After"]) == (503, "7")
    assert proper.status_code == 202
    assert client.counts()["analyze"] == {"received": 3, "accepted": 1, "throttled": 1, "refused": 0}


@pytest.mark.parametrize(("after", "accepted"), [(False, 0), (True, 1)])
def test_a_reset_before_or_after_the_work(client: Client, after: bool, accepted: int) -> None:  # noqa: FBT001
    """The client sees the same; only the count knows whether the document was accepted."""
    client.fault(on="analyze", kind="reset", after=after, times=1)
    with pytest.raises(requests.ConnectionError):
        client.post()
    assert client.counts()["analyze"]["accepted"] == accepted


def test_results_that_are_spoilt_on_request(client: Client, eventually: Eventually) -> None:
    """Cut off, no JSON, never finished, failed; and then the paid result is there all the same."""
    posted = client.post()
    eventually(lambda: client.finished(posted), "the result")
    where = posted.headers["Operation-Location"]
    for kind in ("truncated", "malformed", "never-ending", "failed"):
        client.fault(on="result", kind=kind, times=1)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        client.call("GET", where)
    with pytest.raises(requests.exceptions.JSONDecodeError):
        client.call("GET", where).json()
    assert [client.call("GET", where).json()["status"] for _ in range(3)] == ["running", "failed", "succeeded"]


def test_the_quota_is_the_services(free_ports: Callable[[int], int], tmp_path: Path, eventually: Eventually) -> None:
    """The free tier takes one document in a second and refuses the next."""
    with running(free_ports(1), tmp_path, eventually, "--tier", "F0", "--no-reading") as (client, _):
        statuses = [client.post().status_code for _ in range(3)]
        assert statuses[0] == 202
        assert 429 in statuses[1:]
        assert client.counts()["analyze"]["throttled"] == statuses.count(429)


def test_without_reading_the_result_still_tells_contents_apart(
    free_ports: Callable[[int], int], tmp_path: Path, eventually: Eventually
) -> None:
    """The one value that is "read" is the beginning of the content's SHA-256."""
    layout = "/documentintelligence/documentModels/prebuilt-layout:analyze"
    query = {"api-version": "2024-11-30", "features": "keyValuePairs"}
    with running(free_ports(1), tmp_path, eventually, "--no-reading", "--seconds", "0") as (client, _):
        for content in (b"%PDF-1.4 one", b"%PDF-1.4 two"):
            posted = client.post(layout, content, params=query)
            result = eventually(partial(client.finished, posted), "the result")
            (pair,) = result["analyzeResult"]["keyValuePairs"]
            assert pair["value"]["content"] == hashlib.sha256(content).hexdigest()[:16]


def test_a_kill_forgets_nothing(free_ports: Callable[[int], int], tmp_path: Path, eventually: Eventually) -> None:
    """A document accepted right before the kill is answered after a restart on the same state."""
    port = free_ports(1)
    with running(port, tmp_path, eventually, "--seconds", "0") as (client, process):
        posted = client.post()
        process.kill()
        process.wait()
    with running(port, tmp_path, eventually, "--seconds", "0") as (client, _):
        assert eventually(lambda: client.finished(posted), "the result")["status"] == "succeeded"
        assert client.counts()["analyze"]["accepted"] == 1


def test_it_stops_with_its_parent(free_ports: Callable[[int], int], tmp_path: Path, eventually: Eventually) -> None:
    """The end of its standard input ends it, with exit code 0."""
    with running(free_ports(1), tmp_path, eventually) as (_, process):
        process.stdin.close()
        assert process.wait(timeout=30) == 0
