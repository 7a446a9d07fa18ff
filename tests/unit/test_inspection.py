"""What a file is, by its content, before anything is paid for it."""

from __future__ import annotations

import io
import struct

import pytest
from PIL import Image
from pypdf import PdfWriter

from shared.errors import Never
from shared.inspection import inspect

MEBIBYTE = 1024 * 1024


class FakeContent:
    """A content in memory that may say that it is larger than it is, and counts how often it is opened."""

    def __init__(self, data: bytes, size: int | None = None) -> None:
        self.size = len(data) if size is None else size
        self._data = data
        self.opened = 0

    def head(self, size: int) -> bytes:
        """The first bytes."""
        return self._data[:size]

    def reader(self) -> io.BytesIO:
        """All bytes, as a file."""
        self.opened += 1
        return io.BytesIO(self._data)


def type_of(data: bytes) -> str:
    """The type of these bytes."""
    return inspect(FakeContent(data), "2.1", "S0").content_type


def pdf(*, user: str | None = None, owner: str = "owner", algorithm: str = "AES-256") -> bytes:
    """A PDF of one page, encrypted when there is a user's password."""
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    if user is not None:
        writer.encrypt(user, owner, algorithm=algorithm)
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        pytest.param(pdf(), "application/pdf", id="PDF"),
        pytest.param(b"\r\n%!\n" + pdf(), "application/pdf", id="PDF after a few bytes"),
        pytest.param(b"\xff\xd8\xff\xe0" + b"\0" * 20, "image/jpeg", id="JPEG"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + b"\0" * 20, "image/png", id="PNG"),
        pytest.param(b"II*\x00" + b"\0" * 20, "image/tiff", id="TIFF, Intel"),
        pytest.param(b"MM\x00*" + b"\0" * 20, "image/tiff", id="TIFF, Motorola"),
        pytest.param(b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0" + b"\0" * 56, "image/bmp", id="BMP"),
    ],
)
def test_a_type_is_known_by_its_first_bytes(data: bytes, kind: str) -> None:
    """The service is told what the file is, whatever its name says."""
    assert type_of(data) == kind


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b"", "EmptyFile", id="zero bytes"),
        pytest.param(b"Dear Sir or Madam,\n", "UnsupportedType", id="a text, named .pdf or not"),
        pytest.param(b"PK\x03\x04" + b"\0" * 40, "UnsupportedType", id="a Word document"),
        pytest.param(b"GIF89a" + b"\0" * 40, "UnsupportedType", id="a GIF"),
        pytest.param(b"<html></html>", "UnsupportedType", id="a page"),
        pytest.param(b"\0" * 2000, "UnsupportedType", id="nothing but zeros"),
        pytest.param(b" " * 2000 + pdf(), "UnsupportedType", id="a PDF that begins too late"),
        pytest.param(pdf(user="secret"), "EncryptedPdf", id="a PDF with a password"),
        pytest.param(pdf(user="secret", algorithm="RC4-128"), "EncryptedPdf", id="a PDF with an old kind of password"),
    ],
)
def test_a_file_that_cannot_be_read_is_never_sent(data: bytes, code: str) -> None:
    """It fails with a code that says why and a sentence for a person."""
    with pytest.raises(Never, match=r"^The |^Its ") as caught:
        type_of(data)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(pdf(user=""), id="protected against changes only"),
        pytest.param(pdf()[:200], id="cut short"),
        pytest.param(b"%PDF-1.7\n", id="only its first line"),
        pytest.param(b"%PDF-1.7\n" + b"\xff" * 5000, id="garbage after its first line"),
        pytest.param(pdf().replace(b"/Pages", b"/Sages"), id="without pages"),
        pytest.param(pdf(user="secret").replace(b"/Standard", b"/Standing"), id="encrypted in a way nobody knows"),
    ],
)
def test_the_service_judges_what_we_cannot(data: bytes) -> None:
    """A PDF that opens without a password, and one that is only damaged, are sent."""
    assert type_of(data) == "application/pdf"


def test_a_file_larger_than_the_service_takes_is_never_sent() -> None:
    """500 MiB is the most, and the first byte above it is too many."""
    most = 500 * MEBIBYTE
    image = b"\xff\xd8\xff\xe0"
    assert inspect(FakeContent(image, most), "2.1", "S0").content_type == "image/jpeg"
    with pytest.raises(Never, match="524,288,001 bytes") as caught:
        inspect(FakeContent(image, most + 1), "2.1", "S0")
    assert caught.value.code == "FileTooLarge"


@pytest.mark.parametrize(
    ("size", "opened"),
    [pytest.param(20 * MEBIBYTE, 1, id="20 MiB"), pytest.param(20 * MEBIBYTE + 1, 0, id="a byte more")],
)
def test_only_a_pdf_up_to_20_mib_is_opened(size: int, opened: int) -> None:
    """A larger one is not read a third time only to look for a lock."""
    content = FakeContent(pdf(), size)
    assert inspect(content, "2.1", "S0").content_type == "application/pdf"
    assert content.opened == opened


def test_an_image_is_not_opened() -> None:
    """Its first bytes are enough."""
    content = FakeContent(b"\x89PNG\r\n\x1a\n" + b"\0" * 100)
    inspect(content, "2.1", "S0")
    assert content.opened == 0


@pytest.mark.parametrize(
    ("data", "version", "tier", "code"),
    [
        pytest.param(b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0" + b"\0" * 56, "2.0", "S0", "UnsupportedType", id="BMP in v2.0"),
        pytest.param(pdf() + b"\n" * 4 * MEBIBYTE, "2.1", "F0", "FileTooLarge", id="over 4 MiB on the free tier"),
    ],
)
def test_the_version_and_the_tier_have_their_limits(data: bytes, version: str, tier: str, code: str) -> None:
    """What this service would refuse is not sent to it."""
    with pytest.raises(Never) as caught:
        inspect(FakeContent(data), version, tier)
    assert caught.value.code == code


def test_a_pdf_says_how_many_pages_it_has() -> None:
    """So that a result of fewer pages is noticed."""
    writer = PdfWriter()
    for _ in range(3):
        writer.add_blank_page(200, 200)
    written = io.BytesIO()
    writer.write(written)

    assert pages_of(written.getvalue()) == 3
    assert pages_of(b"%PDF-1.7 damaged") is None


@pytest.mark.parametrize("order", [pytest.param("<", id="Intel"), pytest.param(">", id="Motorola")])
def test_a_tiff_says_how_many_pages_it_has(order: str) -> None:
    """It is the other kind of file that may have several; one that is damaged is left for the service to judge."""
    page, *more = [Image.new("1", (60, 60)) for _ in range(3)]
    written = io.BytesIO()
    page.save(written, "TIFF", save_all=True, append_images=more, big_endian=order == ">")
    loop = struct.pack(f"{order}2sHIHI", b"II" if order == "<" else b"MM", 42, 8, 0, 8)

    assert pages_of(written.getvalue()) == 3
    assert pages_of(written.getvalue()[:9]) is None
    assert pages_of(loop) is None


def pages_of(data: bytes) -> int | None:
    """How many pages these bytes are found to have."""
    return inspect(FakeContent(data), "2.1", "S0").pages
