"""What kind of file some bytes are, by their beginning."""

from __future__ import annotations

IMAGE_STARTS = (b"\xff\xd8\xff", b"\x89PNG", b"II*\0", b"MM\0*", b"BM")


def is_image(content: bytes) -> bool:
    """JPEG, PNG, TIFF or BMP."""
    return content.startswith(IMAGE_STARTS)
