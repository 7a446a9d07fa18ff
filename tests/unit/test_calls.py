"""How the benchmark tells the calls of a document apart."""

from __future__ import annotations

import io

import pytest
from requests import Request, Response

from bench.calls import kind_of

PARTS: dict[int | None, str] = {1: "blob", 2: "queue", 3: "table"}
ACCOUNT = "devstoreaccount1"


@pytest.mark.parametrize(
    ("method", "url", "status", "body", "kind"),
    [
        ("PUT", f"http://h:1/{ACCOUNT}/documents/a.pdf", 201, b"", "blob PUT"),
        ("PUT", f"http://h:1/{ACCOUNT}/hosts/receipt?comp=lease", 201, b"", "blob PUT lease"),
        ("GET", f"http://h:1/{ACCOUNT}/documents?restype=container&comp=list", 200, b"", ""),
        ("GET", f"http://h:2/{ACCOUNT}/operations/messages?numofmessages=8", 200, b"<QueueMessagesList />", ""),
        ("GET", f"http://h:2/{ACCOUNT}/operations/messages", 200, b"<QueueMessage>1</QueueMessage>", "queue GET"),
        ("GET", f"http://h:3/{ACCOUNT}/Documents(PartitionKey='a',RowKey='b')", 200, b"", "table GET"),
        ("GET", f"http://h:3/{ACCOUNT}/Contents(PartitionKey='a',RowKey='b')", 404, b"", "table GET absent"),
        ("GET", f"http://h:3/{ACCOUNT}/Fields()?$filter=x", 200, b"", "table GET rows"),
        ("POST", f"http://h:3/{ACCOUNT}/$batch", 202, b"", "table POST $batch"),
        ("POST", "http://h:4/documentintelligence/documentModels/prebuilt-layout:analyze", 202, b"", "service POST"),
    ],
)
def test_a_call_has_a_kind_unless_it_is_no_documents(
    method: str, url: str, status: int, body: bytes, kind: str
) -> None:
    """Listings and questions that found nothing belong to no document."""
    answer = Response()
    answer.status_code = status
    answer.raw = io.BytesIO(body)
    assert kind_of(PARTS, Request(method, url).prepare(), answer) == kind
