"""`show`: the life of one document, what was read from it, and where on the page that stands."""

from __future__ import annotations

import json
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer
from azure.core.exceptions import ResourceModifiedError, ResourceNotFoundError

from cli.advice import what_to_do
from cli.environment import command_services
from cli.output import destination
from cli.plain import plain, typed_name
from cli.show.rows import document_row, values_of
from cli.show.text import print_document
from shared.errors import FormsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cli.show.rows import Values
    from shared.services import Services

EXAMPLES = (
    "python -m cli show purchase-order/po-6.pdf  # its life, and every value with its confidence",
    "python -m cli show purchase-order/po-6.pdf --picture po-6.png  # the page with a box on every value",
    "python -m cli show claims/scan.tif --picture scan-2.png --page 2  # another page",
    "python -m cli show purchase-order/po-6.pdf --json  # for a program",
)

_INTERNAL = ("PartitionKey", "RowKey", "Claim", "ClaimedUntil")


def show(
    path: Annotated[str, typer.Argument(help="The file's name in `documents`, with its folders.", callback=typed_name)],
    picture: Annotated[
        Path | None, typer.Option(help="Also draw a page of the file into this PNG, with a box on every value.")
    ] = None,
    page: Annotated[
        int | None, typer.Option(min=1, help="The page to draw; without it, the first one with a value.")
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, with the columns of the tables.")] = False,
) -> None:
    """Shows one document: where it is and how long each step took, its values, how sure they are and where they stand.

    The numbers in the picture are those of the list. Blue is sure, orange and vermilion (thick) need review.
    """
    _check_options(picture, page)
    services = command_services()
    row = document_row(services, path)
    if row is None:
        raise FormsError("NoSuchDocument", _why_not_there(services, path))
    blob = _blob_properties(services, path)
    values = values_of(services, path, str(row.get("ETag", "")))
    if as_json:
        print(json.dumps(_as_json(row, blob, values), default=_json_value))
    else:
        print_document(row, blob, values)
    if picture:
        said = _draw(services, row, values, page, picture)
        print(said, file=sys.stderr)


def _check_options(picture: Path | None, page: int | None) -> None:
    if picture is None and page is not None:
        raise typer.BadParameter("--page chooses the page of --picture FILE.png, which is missing.")
    if picture is not None and picture.suffix.lower() != ".png":
        raise typer.BadParameter(f"{plain(picture)} should end in .png, which is what is written.")
    if picture is not None and picture.is_dir():
        raise typer.BadParameter(f"{plain(picture)} is a folder.")
    if picture is not None and not picture.parent.is_dir():
        raise typer.BadParameter(f"There is no folder {plain(picture.parent)} to write {plain(picture.name)} into.")


def _why_not_there(services: Services, path: str) -> str:
    name = plain(path)
    could_be = path and {".", ".."}.isdisjoint(path.split("/"))
    if could_be and services.files.get_blob_client(path).exists():
        return f"{name} was dropped but nothing has begun to read it: see that the app runs."
    return (
        f"There is no document {name}; `python -m cli status` shows which there are (folder/file, as it was dropped)."
    )


def _blob_properties(services: Services, path: str) -> tuple[str, datetime] | None:
    """The ETag and the time of the file's content as it is now; None when the file is gone."""
    try:
        properties = services.files.get_blob_client(path).get_blob_properties()
    except ResourceNotFoundError:
        return None
    return str(properties.etag).strip('"'), properties.last_modified


def _as_json(row: Mapping[str, Any], blob: tuple[str, datetime] | None, values: Values) -> dict[str, Any]:
    code = row.get("ErrorCode")
    return {
        **{name: value for name, value in row.items() if name not in _INTERNAL},
        "DroppedAt": blob[1] if blob and blob[0] == row.get("ETag") else None,
        "Advice": what_to_do(str(row.get("Status")), str(code)) if code else None,
        "FieldsETag": values.etag or None,
        "Fields": values.fields,
        "Tables": [
            {"Table": one.number, "Page": one.page, "Rows": one.rows, "Columns": one.columns, "Cells": one.cells}
            for one in values.tables
        ],
    }


def _draw(services: Services, row: Mapping[str, Any], values: Values, page: int | None, target: Path) -> str:
    """Draws the page and says so. Raises `FormsError` when the file is no longer what was read, or can't be drawn."""
    from cli.show.page_image import page_image  # noqa: PLC0415  (Pillow is slow to load, and only needed here)
    from cli.show.picture import boxed  # noqa: PLC0415

    path = str(row.get("Path"))
    if not values.etag:
        raise FormsError("NothingRead", f"Nothing was read from {plain(path)}, so there is nothing to draw.")
    number = page or min((box.region.page for box in values.boxes), default=1)
    boxes = [box for box in values.boxes if box.region.page == number]
    with tempfile.TemporaryFile() as file:
        _fetch(services, path, values.etag, file)
        drawn = page_image(file, number)
    image, lost = boxed(drawn, boxes)
    with destination(target) as png:
        image.save(png, format="PNG")
    count = f"{len(boxes) - lost} value{'' if len(boxes) - lost == 1 else 's'}"
    outside = f"; {lost} more could not be placed on it" if lost else ""
    return f"{plain(target)}: page {number} of {drawn.pages}, {count}{outside}."


def _fetch(services: Services, path: str, etag: str, file: IO[bytes]) -> None:
    """The content `etag` of a blob; a file on disk, because drawing jumps about in it and it may be large."""
    from shared.storage.blobs import Content  # noqa: PLC0415  (the storage SDK is slow to load)

    replaced = f"{plain(path)} was replaced since these values were read: there is no picture of what is gone."
    try:
        content = Content(services.files.get_blob_client(path))
        if content.etag != etag:
            raise FormsError("Replaced", replaced)
        for piece in content:
            file.write(piece)
    except ResourceNotFoundError as error:
        reason = f"{plain(path)} is gone from documents: there is nothing to draw."
        raise FormsError("DocumentGone", reason) from error
    except ResourceModifiedError as error:
        raise FormsError("Replaced", replaced) from error
    file.seek(0)


def _json_value(value: object) -> object:
    """A time in ISO 8601, UTC."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else str(value)
