"""What the analyzer answers on each version of the API, in the service's shapes: locations, errors, pages, limits."""

from __future__ import annotations

import json
import re
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from local.analyzer.store import Operation, Store, StoredModel
from tests.stack.calling import FORM, Client, running
from tests.unit.analyzer.drawing import pdf
from tests.unit.analyzer.picturing import blank

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Eventually

V2, V3, V4 = "/formrecognizer/v2.1", "/formrecognizer", "/documentintelligence"
OLDER, NEWER = "api-version=2023-07-31", "api-version=2024-11-30"
NO_MODEL = "00000000-0000-0000-0000-000000000000"
NOWHERE = "http://127.0.0.1:1/container"
BUILD: dict[str, Any] = {"modelId": "m-1", "buildMode": "template", "azureBlobSource": {"containerUrl": NOWHERE}}


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state in which every version has seventy models, and one result is a day old."""
    folder = tmp_path_factory.mktemp("state")
    store = Store(folder)
    for number in range(70):
        store.save_model(StoredModel(str(uuid.uuid4()), None, "ready", number, number, learned={"pages": []}))
        store.save_model(
            StoredModel(f"m~{number}", None, "ready", number, number, version="2023-07-31", is_labelled=True)
        )
    for version in ("2.1", "2024-11-30"):
        operation = Operation(_old(version), None, time.time() - 86_401, 0, "", details=False, version=version)
        store.accept(operation, None)
        store.save_result(operation.id, b'{"status": "succeeded", "analyzeResult": {}}')
    return folder


def _old(version: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, version))


@pytest.fixture(scope="module")
def client(free_ports: Callable[[int], int], state: Path, eventually: Eventually) -> Iterator[Client]:
    """An analyzer on that state."""
    with running(free_ports(1), state, eventually, "--seconds", "0", "--no-quota") as (client, _):
        yield client


@pytest.mark.parametrize(
    ("path", "location"),
    [
        (f"{V2}/layout/analyze", r"/formrecognizer/v2\.1/layout/analyzeResults/[0-9a-f-]{36}"),
        ("/formrecognizer/v2.0/layout/analyze", r"/formrecognizer/v2\.0/layout/analyzeResults/[0-9a-f-]{36}"),
        (f"{V2}/prebuilt/invoice/analyze", r"/formrecognizer/v2\.1/prebuilt/invoice/analyzeResults/[0-9a-f-]{36}"),
        (f"/{V2}/prebuilt/receipt/analyze", r"/formrecognizer/v2\.1/prebuilt/receipt/analyzeResults/[0-9a-f-]{36}"),
        (
            f"{V3}/documentModels/prebuilt-read:analyze?{OLDER}",
            r"/formrecognizer/documentModels/prebuilt-read/analyzeResults/[0-9a-f-]{36}\?api-version=2023-07-31",
        ),
        (
            f"{V4}/documentModels/prebuilt-layout:analyze?{NEWER}",
            r"/documentintelligence/documentModels/prebuilt-layout/analyzeResults/[0-9a-f-]{36}\?api-version=2024-11-30",
        ),
    ],
)
def test_where_a_result_is_said_to_be(client: Client, path: str, location: str) -> None:
    """202, an empty body and an absolute address, which answers."""
    posted = client.post(path)
    assert (posted.status_code, posted.content) == (202, b"")
    assert "Retry-After" not in posted.headers
    where = posted.headers["Operation-Location"]
    assert re.fullmatch(re.escape(client.url) + location, where)
    assert client.call("GET", where).status_code == 200


@pytest.mark.parametrize(
    ("path", "kind", "body", "code"),
    [
        ("/formrecognizer/v2.0/layout/analyze", "image/bmp", blank(60, 60), "UnsupportedMediaType"),
        (f"{V2}/layout/analyze?pages=one", "application/pdf", FORM, "BadArgument"),
        (f"{V2}/layout/analyze?language=Klingon", "application/pdf", FORM, "NotSupportedLanguage"),
        (f"{V2}/layout/analyze?readingOrder=random", "application/pdf", FORM, "BadArgument"),
        (f"{V2}/prebuilt/receipt/analyze?locale=sv-SE", "application/pdf", FORM, "UnsupportedLocale"),
        (f"{V2}/prebuilt/receipt/analyze?includeTextDetails=maybe", "application/pdf", FORM, "BadArgument"),
        (f"{V2}/prebuilt/invoice/analyze", "application/pdf", b"%PDF-1.4", "InvalidImage"),
        (f"{V2}/prebuilt/invoice/analyze", "application/json", b'{"source": "nowhere"}', "InvalidImageURL"),
        (f"{V2}/custom/models/{NO_MODEL}/analyze", "application/pdf", FORM, "1001"),
        ("/formrecognizer/v2.0/prebuilt/invoice/analyze", "application/pdf", FORM, "404"),
        ("/formrecognizer/v2.0/custom/models/compose", "application/json", b"{}", "404"),
        (f"{V2}/custom/models/compose", "application/json", b'{"modelIds": ["a", "a"]}', "1001"),
        (f"{V2}/custom/models/copyAuthorization", "application/json", b"{}", "404"),
        (f"{V2}/custom/models", "application/json", b"{}", "1002"),
    ],
)
def test_v2_refuses(client: Client, path: str, kind: str, body: bytes, code: str) -> None:
    """A flat error, that of a prebuilt model with the request's id in `innerError`."""
    answer = client.call("POST", path, data=body, headers={"Content-Type": kind})
    error = answer.json()["error"]
    assert error["code"] == code
    assert answer.status_code == {"404": 404, "UnsupportedMediaType": 415}.get(code, 400)
    assert ("innerError" in error) == ("/prebuilt/" in path and code != "404")
    assert error["message"]


def test_v2_says_at_once_that_a_custom_models_source_is_no_address(client: Client) -> None:
    """1003; a bad address that looks like one fails later, as files do."""
    model = client.call("GET", f"{V2}/custom/models").json()["modelList"][0]["modelId"]
    path = f"{V2}/custom/models/{model}/analyze"
    assert client.call("POST", path, json={"source": "C:/form.pdf"}).json()["error"]["code"] == "1003"
    assert client.call("POST", path, json={"source": NOWHERE}).status_code == 202


LAYOUT3, LAYOUT4 = "documentModels/prebuilt-layout:analyze", "documentModels/prebuilt-layout:analyze"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code", "inner"),
    [
        ("POST", "documentModels/nobody:analyze", FORM, 404, "NotFound", "ModelNotFound"),
        ("POST", f"{LAYOUT3}?pages=one", FORM, 400, "InvalidArgument", "InvalidParameter"),
        ("POST", f"{LAYOUT3}?stringIndexType=bytes", FORM, 400, "InvalidArgument", "InvalidParameter"),
        ("POST", f"{LAYOUT3}?features=barcodes,tea", FORM, 400, "InvalidArgument", "InvalidParameter"),
        ("POST", f"{LAYOUT3}?locale=-", FORM, 400, "InvalidArgument", "InvalidParameter"),
        ("POST", LAYOUT3, b"%PDF-1.4", 400, "InvalidRequest", "InvalidContent"),
        ("POST", LAYOUT3, b"", 400, "InvalidRequest", "InvalidContent"),
        ("POST", LAYOUT3, blank(40, 40), 400, "InvalidRequest", "InvalidContentDimensions"),
        ("POST", LAYOUT3, {}, 400, "InvalidRequest", "ParameterMissing"),
        ("POST", LAYOUT3, {"urlSource": "x", "base64Source": "x"}, 400, "InvalidRequest", "ParameterMissing"),
        ("POST", LAYOUT3, {"base64Source": "%"}, 400, "InvalidRequest", "InvalidParameter"),
        ("POST", LAYOUT3, {"urlSource": NOWHERE}, 400, "InvalidRequest", "ContentSourceNotAccessible"),
        ("GET", "documentModels/nobody", None, 404, "NotFound", "ModelNotFound"),
        ("DELETE", "documentModels/nobody", None, 404, "NotFound", "ModelNotFound"),
        ("DELETE", "documentModels/prebuilt-layout", None, 400, "InvalidRequest", "ModelReadOnly"),
        (
            "GET",
            f"documentModels/prebuilt-layout/analyzeResults/{NO_MODEL}",
            None,
            404,
            "NotFound",
            "OperationNotFound",
        ),
        ("GET", f"operations/1_{NO_MODEL}", None, 404, "NotFound", "OperationNotFound"),
        ("POST", "documentModels:build", {**BUILD, "modelId": "-"}, 400, "InvalidArgument", "InvalidParameter"),
        (
            "POST",
            "documentModels:build",
            {**BUILD, "modelId": "prebuilt-x"},
            400,
            "InvalidArgument",
            "InvalidParameter",
        ),
        ("POST", "documentModels:build", {**BUILD, "buildMode": "magic"}, 400, "InvalidArgument", "InvalidParameter"),
        ("POST", "documentModels:build", {**BUILD, "modelId": "m~1"}, 409, "Conflict", "ModelExists"),
        ("POST", "documentModels:build", {"modelId": "x1"}, 400, "InvalidRequest", "TrainingContentMissing"),
        ("POST", "documentModels:compose", {"modelId": "x1"}, 400, "InvalidRequest", "ParameterMissing"),
    ],
)
@pytest.mark.parametrize(("root", "version"), [(V3, OLDER), (V4, NEWER)], ids=["2023-07-31", "2024-11-30"])
def test_v3_and_v4_refuse(  # noqa: PLR0913, PLR0917 - a table
    client: Client, root: str, version: str, method: str, path: str, body: object, status: int, code: str, inner: str
) -> None:
    """An outer code and an inner one that says more, under `innererror` in lower case."""
    address = f"{root}/{path}{'&' if '?' in path else '?'}{version}"
    sent: dict[str, Any] = {"json": body} if isinstance(body, dict) else {"data": body}
    kind = {} if isinstance(body, dict) else {"Content-Type": "application/octet-stream"}
    answer = client.call(method, address, headers=kind, **sent)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["innererror"]["code"]) == (status, code, inner)
    assert error["message"]
    assert error["innererror"]["message"]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("POST", f"{V4}/documentModels/prebuilt-document:analyze?{NEWER}", 404, "NotFound"),
        ("POST", f"{V3}/{LAYOUT3}", 404, "404"),
        ("POST", f"{V3}/{LAYOUT3}?{NEWER}", 404, "404"),
        ("POST", f"{V4}/{LAYOUT4}?{OLDER}", 404, "404"),
        ("POST", f"{V3}/{LAYOUT3}?api-version=2022-08-31", 404, "404"),
        ("DELETE", f"{V3}/documentModels/prebuilt-layout/analyzeResults/{NO_MODEL}?{OLDER}", 404, "404"),
        ("POST", f"{V3}/documentModels:authorizeCopy?{OLDER}", 404, "404"),
    ],
)
def test_what_a_version_does_not_have(client: Client, method: str, path: str, status: int, code: str) -> None:
    """A path, a model or an api-version that belongs to another one."""
    answer = client.call(method, path, data=FORM, headers={"Content-Type": "application/octet-stream"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


@pytest.mark.parametrize("path", [f"{V2}/custom/models", f"{V3}/documentModels?{OLDER}", f"{V4}/info?{NEWER}", "/x"])
def test_every_version_checks_the_key(client: Client, path: str) -> None:
    """401 before anything else."""
    answer = client.call("GET", path, key="wrong")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "401")


def test_unsupported_media_on_v3(client: Client) -> None:
    """415."""
    path = f"{V3}/{LAYOUT3}?{OLDER}"
    assert client.call("POST", path, data=b"hello", headers={"Content-Type": "text/plain"}).status_code == 415


def test_v2_lists_models_in_pages(client: Client) -> None:
    """Fifty at a time; the last `nextLink` is empty; the summary counts all."""
    first = client.call("GET", f"{V2}/custom/models?op=full").json()
    last = client.call("GET", first["nextLink"]).json()
    assert (len(first["modelList"]), len(last["modelList"]), last["nextLink"]) == (50, 20, "")
    assert len({one["modelId"] for one in (*first["modelList"], *last["modelList"])}) == 70
    assert first["modelList"][0]["attributes"] == {"isComposed": False}
    assert "attributes" not in client.call("GET", "/formrecognizer/v2.0/custom/models").json()["modelList"][0]
    summary = client.call("GET", f"{V2}/custom/models?op=summary").json()["summary"]
    assert (summary["count"], summary["limit"]) == (70, 5000)


@pytest.mark.parametrize(("root", "version", "prebuilt"), [(V3, OLDER, 5), (V4, NEWER, 4)])
def test_v3_and_v4_list_models_in_pages(client: Client, root: str, version: str, prebuilt: int) -> None:
    """Prebuilt ones too; the last page has no `nextLink`."""
    first = client.call("GET", f"{root}/documentModels?{version}").json()
    last = client.call("GET", first["nextLink"]).json()
    assert "nextLink" not in last
    listed = [one["modelId"] for one in (*first["value"], *last["value"])]
    assert len(set(listed)) == len(listed) == 70 + prebuilt
    assert client.call("GET", f"{root}/info?{version}").json()["customDocumentModels"] == {"count": 70, "limit": 5000}


def test_v4_does_not_compose_as_v3_did(client: Client) -> None:
    """It wants a classifier, of which there is none."""
    body: dict[str, Any] = {"modelId": "both", "componentModels": [{"modelId": "m~1"}, {"modelId": "m~2"}]}
    path = f"{V4}/documentModels:compose?{NEWER}"
    assert client.call("POST", path, json=body).json()["error"]["innererror"]["code"] == "ParameterMissing"
    body = {"modelId": "both", "classifierId": "c-1", "docTypes": {"order": {"modelId": "m~1"}}}
    assert client.call("POST", path, json=body).status_code == 404
    assert client.call("GET", f"{V4}/documentModels/both?{NEWER}").status_code == 404


def test_a_result_is_kept_for_a_day(client: Client) -> None:
    """After that it is not found."""
    old = client.call("GET", f"{V2}/layout/analyzeResults/{_old('2.1')}")
    assert (old.status_code, old.json()["error"]["code"]) == (404, "NotFound")
    path = f"{V4}/documentModels/prebuilt-layout/analyzeResults/{_old('2024-11-30')}?{NEWER}"
    assert client.call("GET", path).json()["error"]["innererror"]["code"] == "OperationNotFound"


def test_a_result_belongs_to_its_model_and_generation(client: Client) -> None:
    """Under another's address it is not found."""
    where = client.post(f"{V2}/layout/analyze").headers["Operation-Location"]
    asked = where.rpartition("/")[2]
    assert client.call("GET", f"{V2}/prebuilt/receipt/analyzeResults/{asked}").status_code == 404
    path = f"{V3}/documentModels/prebuilt-layout/analyzeResults/{asked}?{OLDER}"
    assert client.call("GET", path).status_code == 404


@pytest.mark.parametrize("unit", ["textElements", "unicodeCodePoint", "utf16CodeUnit"])
def test_spans_count_in_what_was_asked_for(client: Client, eventually: Eventually, unit: str) -> None:
    """The result says so."""
    posted = client.post(f"{V4}/{LAYOUT4}?{NEWER}&stringIndexType={unit}")
    result = eventually(lambda: client.finished(posted), "the result")["analyzeResult"]
    assert result["stringIndexType"] == unit
    assert result["pages"][0]["spans"] == [{"offset": 0, "length": len(result["content"])}]


def test_pairs_only_on_request(client: Client, eventually: Eventually) -> None:
    """`features=keyValuePairs`, and only the pages that were asked for."""
    content = pdf([(72, 100, "Number: 7")], [(72, 100, "Number: 8")])
    path = f"{V4}/{LAYOUT4}?{NEWER}"
    plain = client.post(path, content)
    asked = client.post(f"{path}&features=barcodes,keyValuePairs&pages=2", content)
    assert "keyValuePairs" not in eventually(lambda: client.finished(plain), "the result")["analyzeResult"]
    result = eventually(lambda: client.finished(asked), "the result")["analyzeResult"]
    assert [(one["key"]["content"], one["value"]["content"]) for one in result["keyValuePairs"]] == [("Number:", "8")]
    assert [page["pageNumber"] for page in result["pages"]] == [2]
    assert result["keyValuePairs"][0]["value"]["boundingRegions"][0]["pageNumber"] == 2


def test_faults_on_v3(client: Client, eventually: Eventually) -> None:
    """A result that runs for ever, then one that failed, then the proper one; a build too."""
    posted = client.post(f"{V3}/{LAYOUT3}?{OLDER}")
    eventually(lambda: client.finished(posted), "the result")
    for kind in ("never-ending", "failed"):
        client.fault(on="result", kind=kind, times=1)
        client.fault(on="model", kind=kind, times=1)
    where = posted.headers["Operation-Location"]
    bodies = [client.call("GET", where).json() for _ in range(3)]
    assert [body["status"] for body in bodies] == ["running", "failed", "succeeded"]
    assert "analyzeResult" not in bodies[0]
    assert bodies[1]["error"]["code"] == "InternalServerError"
    built = client.call("POST", f"{V3}/documentModels:build?{OLDER}", json={**BUILD, "modelId": "faulty"})
    where = built.headers["Operation-Location"]
    assert [client.call("GET", where).json()["status"] for _ in range(2)] == ["running", "failed"]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/formrecognizer/v2.0/layout/analyze", "Form Recognizer API (v2.0)"),
        (f"{V3}/{LAYOUT3}?{OLDER}", "Document Intelligence API (2023-07-31)"),
        (f"{V4}/{LAYOUT4}?{NEWER}", "Document Intelligence API (2024-11-30)"),
    ],
)
def test_every_version_throttles(client: Client, path: str, name: str) -> None:
    """429, with the seconds in the message."""
    client.fault(on="analyze", kind="throttle", times=1)
    answer = client.post(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "429")
    assert name in answer.json()["error"]["message"]
    assert re.search(r"retry after \d+ second", answer.json()["error"]["message"])


def test_a_build_survives_a_kill(free_ports: Callable[[int], int], tmp_path: Path, eventually: Eventually) -> None:
    """Accepted right before the kill, it goes on after a restart; v4 says how long to wait, v3 does not."""
    port = free_ports(1)
    with running(port, tmp_path, eventually, "--seconds", "600", "--no-quota") as (client, process):
        operation = client.call("POST", f"{V4}/documentModels:build?{NEWER}", json=BUILD).headers["Operation-Location"]
        again = client.call("POST", f"{V4}/documentModels:build?{NEWER}", json=BUILD)
        posted = [client.post(f"{V3}/{LAYOUT3}?{OLDER}"), client.post(f"{V4}/{LAYOUT4}?{NEWER}")]
        waiting = [client.call("GET", one.headers["Operation-Location"]) for one in posted]
        body = client.call("GET", operation).json()
        process.kill()
        process.wait()
    assert again.status_code == 409
    assert [one.headers.get("Retry-After") for one in waiting] == [None, "1"]
    assert body["status"] == "running"
    assert "percentCompleted" not in body
    with running(port, tmp_path, eventually, "--seconds", "0", "--no-quota") as (client, _):
        told = eventually(lambda: _ended(client, operation), "the end of the build")
        assert (told["status"], told["kind"], told["operationId"]) == (
            "failed",
            "documentModelBuild",
            body["operationId"],
        )
        assert told["error"]["innererror"]["code"] == "ContentSourceNotAccessible"
        assert client.call("GET", f"{V4}/operations?{NEWER}").json()["value"][0]["operationId"] == body["operationId"]
        assert client.call("GET", f"{V4}/documentModels/m-1?{NEWER}").status_code == 404


def _ended(client: Client, operation: str) -> dict[str, Any]:
    body: dict[str, Any] = client.call("GET", operation).json()
    return {} if body["status"] == "running" else body


def test_the_free_tier_has_room_for_so_many_models(
    free_ports: Callable[[int], int], tmp_path: Path, eventually: Eventually
) -> None:
    """Invalid ones count until they are deleted: 1014, which no waiting helps against."""
    store = Store(tmp_path)
    for _ in range(500):
        store.save_model(StoredModel(str(uuid.uuid4()), None, "invalid", 0, 0))
    with running(free_ports(1), tmp_path, eventually, "--tier", "F0", "--no-quota") as (client, _):
        full = client.call("POST", f"{V2}/custom/models", json={"source": NOWHERE})
        assert (full.status_code, full.json()["error"]["code"]) == (400, "1014")
        gone = client.call("GET", f"{V2}/custom/models").json()["modelList"][0]["modelId"]
        assert client.call("DELETE", f"{V2}/custom/models/{gone}").status_code == 204
        assert client.call("POST", f"{V2}/custom/models", json={"source": NOWHERE}).status_code == 201


def test_a_state_of_before_still_works(
    free_ports: Callable[[int], int], tmp_path: Path, eventually: Eventually
) -> None:
    """A model and an operation that were written before versions were remembered are of v2.1."""
    model, operation = str(uuid.uuid4()), str(uuid.uuid4())
    Store(tmp_path)
    kept = {"id": model, "name": "orders", "status": "ready", "created": 1.0, "updated": 1.0, "learned": {"pages": []}}
    (tmp_path / "models" / f"{model}.json").write_text(json.dumps(kept))
    asked = {"id": operation, "model": None, "created": time.time(), "due": 0.0, "content": "", "details": False}
    (tmp_path / "operations" / f"{operation}.json").write_text(json.dumps(asked))
    (tmp_path / "operations" / f"{operation}.document").write_bytes(FORM)
    with running(free_ports(1), tmp_path, eventually, "--seconds", "0") as (client, _):
        assert client.call("GET", f"{V2}/custom/models/{model}").json()["modelInfo"]["modelName"] == "orders"
        where = f"{V2}/layout/analyzeResults/{operation}"
        result = eventually(lambda: _ended(client, where), "the result")
        assert result["analyzeResult"]["version"] == "2.1.0"
