"""A training set becomes a model, or the reasons why not.

Where the files come from is an argument (`Listing`), so that learning needs no network.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import AzureError
from azure.storage.blob import ContainerClient

from local.analyzer.files import read_pages
from local.analyzer.learning import learn
from local.analyzer.pages import Page, UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from local.analyzer.models import Model

FEWEST = 5
FEWEST_WITH_EMPTY = 2
MOST_PAGES = 500
ERRORS = {
    "2012": "Unable to list blobs on the Azure blob storage account.",
    "2014": (
        "No valid blobs found in the specified Azure blob container. "
        "Please conform to the document format/size/page/dimensions requirements."
    ),
}
READABLE = (".pdf", ".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp")


class UnlistableError(Exception):
    """The files of the training set cannot be listed or read."""


@dataclass(frozen=True)
class TrainingFile:
    """A file of the training set; `read` fetches its bytes."""

    name: str
    read: Callable[[], bytes]


@dataclass(frozen=True)
class Trained:
    """What training came to: the documents as the API reports them, and a model or errors."""

    documents: list[dict[str, Any]]
    errors: list[dict[str, str]] = field(default_factory=list)
    model: Model | None = None


def blobs_of(source: str, prefix: str, *, subfolders: bool) -> Iterator[TrainingFile]:
    """The files that a container's SAS URL (read and list) leads to; UnlistableError when it does not."""
    try:
        with _container(source) as container:
            for name in container.list_blob_names(name_starts_with=prefix or None):
                if subfolders or "/" not in name[len(prefix) :].removeprefix("/"):
                    yield TrainingFile(name, _reader(source, name))
    except (AzureError, ValueError) as error:
        raise UnlistableError(type(error).__name__) from error


def _container(source: str) -> ContainerClient:
    return ContainerClient.from_container_url(source, retry_total=2, initial_backoff=1, increment_base=2)


def _reader(source: str, name: str) -> Callable[[], bytes]:
    """Reads one file, also when the listing is over."""

    def read() -> bytes:
        try:
            with _container(source) as container:
                return container.download_blob(name).readall()
        except AzureError as error:
            raise UnlistableError(type(error).__name__) from error

    return read


def train(files: Iterator[TrainingFile]) -> Trained:
    """Reads every PDF and picture and learns from them; other files are ignored."""
    documents: list[dict[str, Any]] = []
    forms: list[list[Page]] = []
    empty = False
    try:
        for file in files:
            if file.name.lower().endswith(READABLE):
                report, pages = _document(file)
                documents.append(report)
                forms += [pages] if pages else []
                empty |= bool(pages) and "empty" in file.name.rpartition("/")[2].lower()
    except UnlistableError:
        return Trained([], [training_error("2012")])
    return _learned(documents, forms, empty=empty)


def _learned(documents: list[dict[str, Any]], forms: list[list[Page]], *, empty: bool) -> Trained:
    if not forms:
        return Trained(documents, [training_error("2014")])
    needed = FEWEST_WITH_EMPTY + 1 if empty else FEWEST
    if len(forms) < needed:
        return Trained(documents, [{"code": "2014", "message": f"{len(forms)} usable forms; {needed} are needed."}])
    if sum(len(pages) for pages in forms) > MOST_PAGES:
        return Trained(documents, [{"code": "2014", "message": f"More than {MOST_PAGES} pages."}])
    return Trained(documents, model=learn(forms))


def _document(file: TrainingFile) -> tuple[dict[str, Any], list[Page]]:
    try:
        pages = read_pages(file.read())
    except UnreadableFileError:
        return _report(file.name, 0, [{"code": "2005", "message": "Unable to read file."}]), []
    return _report(file.name, len(pages), []), pages


def _report(name: str, pages: int, errors: list[dict[str, str]]) -> dict[str, Any]:
    status = "failed" if errors else "succeeded"
    return {"documentName": name, "pages": pages, "errors": errors, "status": status}


def training_error(code: str) -> dict[str, str]:
    """One of the service's errors, in its words."""
    return {"code": code, "message": ERRORS[code]}
