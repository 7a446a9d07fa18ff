"""A labelled training set in a container, as the labelling tools leave it there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from azure.storage.blob import BlobServiceClient, ContainerSasPermissions, generate_container_sas

from tests.unit.analyzer.drawing import pdf
from tests.unit.analyzer.labelling import fields_json, labels_json, plain_field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.settings import StorageConnection

VALUES = (
    ("4711", "2026-03-01", "12.50"),
    ("8205", "2026-04-12", "7.25"),
    ("1934", "2026-05-23", "130.00"),
    ("6650", "2026-06-30", "88.10"),
    ("2281", "2026-07-04", "1045.99"),
)
FIELDS = ("Number", "Day", "Amount")


def form(number: str, day: str, amount: str) -> bytes:
    """A form of one page with these values."""
    return pdf([(72, 100, f"Number: {number}"), (72, 130, f"Day: {day}"), (72, 160, f"Amount: {amount}")])


def labelled_set() -> dict[str, bytes]:
    """Five forms with their labels and texts, and the fields: a whole number, a date and a number."""
    kinds = zip(FIELDS, ("integer", "date", "number"), strict=True)
    formats = {"Day": "ymd"}
    fields = [plain_field(name, kind, formats.get(name, "not-specified")) for name, kind in kinds]
    files = {"fields.json": fields_json(*fields)}
    for values in VALUES:
        name, content = f"{values[0]}.pdf", form(*values)
        files[name] = content
        files[f"{name}.labels.json"] = labels_json(content, dict(zip(FIELDS, values, strict=True)))
        files[f"{name}.ocr.json"] = b"{}"
    return files


def container_with(storage: StorageConnection, name: str, files: Mapping[str, bytes]) -> str:
    """Makes the container, puts the files there, and returns a URL that may read and list it for an hour."""
    with BlobServiceClient.from_connection_string(storage.connection_string) as service:
        container = service.create_container(name)
        for path, content in files.items():
            container.upload_blob(path, content)
        token = generate_container_sas(
            str(service.account_name),
            name,
            account_key=service.credential.account_key,
            permission=ContainerSasPermissions(read=True, list=True),
            expiry=datetime.now(UTC) + timedelta(hours=1),
        )
        return f"{container.url}?{token}"
