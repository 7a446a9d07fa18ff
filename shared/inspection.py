"""What a file is, by its content and not by its name, before anything is paid for it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from shared.errors import Never

if TYPE_CHECKING:
    from shared.storage.blobs import Content

MOST_BYTES = 500 * 1024 * 1024
"""The service's own limit (S0, from v2.1 on)."""

INSPECTED_BYTES = 20 * 1024 * 1024
"""PDF files up to this size are opened to see whether they are locked."""

_HEAD = 1024
_SIGNATURES = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"II*\x00": "image/tiff",
    b"MM\x00*": "image/tiff",
}


def content_type_of(content: Content) -> str:
    """The Content-Type to send the file with; raises `Never` for a file that the service could not read."""
    if content.size == 0:
        raise Never("EmptyFile", "The file has no bytes; drop it again, whole.")
    if content.size > MOST_BYTES:
        raise Never("FileTooLarge", f"The file has {content.size:,} bytes; the service reads up to {MOST_BYTES:,}.")
    kind = _kind(content.head(_HEAD))
    if kind is None:
        raise Never("UnsupportedType", "Its content is not PDF, JPEG, PNG, TIFF or BMP, whatever its name says.")
    if kind == "application/pdf" and content.size <= INSPECTED_BYTES and _is_locked(content):
        raise Never("EncryptedPdf", "The PDF needs a password to be read; drop a copy without one.")
    return kind


def _kind(head: bytes) -> str | None:
    if b"%PDF-" in head:
        return "application/pdf"
    if head.startswith(b"BM") and head[6:10] == bytes(4):
        return "image/bmp"
    return next((kind for signature, kind in _SIGNATURES.items() if head.startswith(signature)), None)


def _is_locked(content: Content) -> bool:
    """Whether a PDF can't be read without a password. What pypdf can't understand is left for the service to judge."""
    import pypdf  # noqa: PLC0415  (slow to import, and only the submitting function needs it)

    logging.getLogger("pypdf").setLevel(logging.ERROR)
    try:
        pdf = pypdf.PdfReader(content.reader())
        return pdf.is_encrypted and not pdf.decrypt("")
    except Exception:  # noqa: BLE001  (damaged files make it raise anything)
        return False
