"""`python -m bench.contenders WAY DOCUMENTS MIX`: one process that does the work of the app in another way.

`quickstart` and `sdk` have each file of `documents` read and store the same rows, in 16 threads; `bare` sends the calls
of MIX, a file that `bench.calls` wrote for some documents, and nothing in between. It prints its seconds as JSON.
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests
from azure.ai.documentintelligence import DocumentIntelligenceClient
from azure.ai.documentintelligence.models import DocumentAnalysisFeature
from azure.core.credentials import AzureKeyCredential

from bench.calls import Bare
from local.configuration import ENDPOINT
from shared.fields import Form, Record, Row, columns_of, read
from shared.names import (
    CONNECTION,
    DOCUMENTS_CONTAINER,
    FIELDS_TABLE,
    OPERATIONS_QUEUE,
    RECORDS_TABLE,
    RESULTS_CONTAINER,
)
from shared.settings import storage_connection
from shared.storage.clients import blob_service, queue_service, table_service
from shared.storage.tables import route_of, table_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from azure.data.tables import TableServiceClient
    from azure.storage.blob import ContainerClient

    from shared.fields import Part
    from shared.storage.tables import Entity

THREADS = 16
TRIES = 15
"""How often the quickstart asks."""

THRESHOLD = 0.8
API_VERSION = "2024-11-30"
SECONDS_OF_LONGEST = 5
PDF = "application/pdf"


@dataclass(frozen=True)
class Work:
    """Where the files are, where the rows go, and the service."""

    files: ContainerClient
    tables: TableServiceClient
    endpoint: str
    key: str

    @property
    def analyze_url(self) -> str:
        """Layout with key-value pairs, as the app asks for it."""
        query = f"api-version={API_VERSION}&stringIndexType=unicodeCodePoint&features=keyValuePairs"
        return f"{self.endpoint}/documentintelligence/documentModels/prebuilt-layout:analyze?{query}"


def path_of(number: int) -> str:
    """The name of a file, some in each of seven folders."""
    return f"folder-{number % 7}/{number:05d}.pdf"


def quickstart(work: Work, number: int) -> None:
    """Microsoft's script: it asks at once, then after 5 s, doubled each time; its URL is that of the later version."""
    path = path_of(number)
    blob = work.files.get_blob_client(path).download_blob()
    headers = {"Content-Type": PDF, "Ocp-Apim-Subscription-Key": work.key}
    answer = requests.post(work.analyze_url, data=blob.readall(), headers=headers, timeout=100)
    answer.raise_for_status()
    wait = 5
    for _ in range(TRIES):
        found = requests.get(answer.headers["Operation-Location"], headers=headers, timeout=100)
        if found.json()["status"] == "succeeded":
            _store(work, path, str(blob.properties.etag).strip('"'), found.content)
            return
        time.sleep(wait)
        wait = min(2 * wait, 60)
    raise TimeoutError(path)


def sdk(client: DocumentIntelligenceClient, work: Work, number: int) -> None:
    """The official client, its poller as it ships."""
    path = path_of(number)
    blob = work.files.get_blob_client(path).download_blob()
    poller = client.begin_analyze_document(
        "prebuilt-layout",
        blob.readall(),
        content_type=PDF,
        features=[DocumentAnalysisFeature.KEY_VALUE_PAIRS],
        string_index_type="unicodeCodePoint",
    )
    found = poller.result()
    # Now and then, when threads make the SDK's first objects side by side, it gives the plain JSON instead of one.
    result = found if isinstance(found, dict) else found.as_dict()
    body = json.dumps({"status": "succeeded", "analyzeResult": result}).encode()
    _store(work, path, str(blob.properties.etag).strip('"'), body)


def _store(work: Work, path: str, etag: str, result: bytes) -> None:
    """The rows of `Fields` and `Records`, made by the app's own code and put in one transaction a table."""
    records: list[Record] = []
    key, route = table_key(path), route_of(path)
    fields = list(_fields(read(io.BytesIO(result)), records))
    whose = {"Path": path, "Route": route, "Model": "prebuilt-document", "ETag": etag}
    rows = [{"PartitionKey": key, "RowKey": f"{etag}-{at:08d}", **whose, **row} for at, row in enumerate(fields)]
    forms = [{"PartitionKey": route, "RowKey": key, "Path": path, "ETag": etag, **one.columns()} for one in records]
    for table, entities in ((FIELDS_TABLE, rows), (RECORDS_TABLE, forms)):
        work.tables.get_table_client(table).submit_transaction([("upsert", row) for row in entities])


def _fields(parts: Iterator[Part], records: list[Record]) -> Iterator[Entity]:
    for part in parts:
        if isinstance(part, Form):
            records.append(Record(part, THRESHOLD))
        elif isinstance(part, Row):
            records[part.form - 1].add(part)
            yield columns_of(part, THRESHOLD)


def bare(sender: Bare, mix: list[tuple[str, float]], number: int) -> None:
    """The calls of one document; of a kind of which there are 1.2 a document, every fifth document has two."""
    for kind, each in mix:
        for copy in range(int((number + 1) * each) - int(number * each)):
            sender.send(kind, f"bare-{number}-{kind.replace(' ', '')}-{copy}")


def _bare(work: Work, mix: Path) -> Callable[[int], None]:
    connection = storage_connection(CONNECTION, os.environ)
    headers = {"Content-Type": PDF, "Ocp-Apim-Subscription-Key": work.key}
    content = work.files.get_blob_client(path_of(0)).download_blob().readall()
    session = requests.Session()
    session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=THREADS))

    def post() -> str:
        answer = session.post(work.analyze_url, data=content, headers=headers, timeout=100)
        answer.raise_for_status()
        return answer.headers["Operation-Location"]

    done = post()
    time.sleep(SECONDS_OF_LONGEST)
    result = session.get(done, headers=headers, timeout=100).content
    sender = Bare(
        blob_service(connection).get_container_client(RESULTS_CONTAINER),
        queue_service(connection).get_queue_client(OPERATIONS_QUEUE),
        work.tables.get_table_client(FIELDS_TABLE),
        post,
        lambda: session.get(done, headers=headers, timeout=100).content,
        result,
        next(_fields(read(io.BytesIO(result)), [])),
    )
    sender.prepare()
    counted = json.loads(mix.read_text(encoding="utf-8"))
    return partial(bare, sender, sorted(counted.items(), key=_in_order))


def _in_order(kind_and_count: tuple[str, float]) -> int:
    """A receipt is there before it is leased, a message is sent before it is received and deleted."""
    order = ("blob PUT", "blob PUT lease", "blob PUT metadata", "queue POST", "queue GET", "queue PUT", "queue DELETE")
    kind = kind_and_count[0]
    return order.index(kind) if kind in order else len(order)


def main(way: str, documents: int, mix: Path) -> None:
    """Does the work in threads and prints how long it took."""
    connection = storage_connection(CONNECTION, os.environ)
    work = Work(
        blob_service(connection).get_container_client(DOCUMENTS_CONTAINER),
        table_service(connection),
        os.environ[ENDPOINT],
        os.environ["FORM_RECOGNIZER_KEY"],
    )
    ways: dict[str, Callable[[], Callable[[int], None]]] = {
        "quickstart": lambda: partial(quickstart, work),
        "sdk": lambda: partial(sdk, DocumentIntelligenceClient(work.endpoint, AzureKeyCredential(work.key)), work),
        "bare": lambda: _bare(work, mix),
    }
    one = ways[way]()
    started, busy = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(one, range(documents)))
    found: dict[str, Any] = {"seconds": time.perf_counter() - started, "cpu": time.process_time() - busy}
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
