"""A page with a box around every value, coloured by how sure the service was of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cli.show.page_image import PageImage
    from cli.show.rows import Box, Points, Region

Colour = tuple[int, int, int]

SURE: Colour = (0, 114, 178)
DOUBTFUL: Colour = (230, 159, 0)
POOR: Colour = (213, 94, 0)
UNKNOWN: Colour = (96, 96, 96)
"""Blue, orange, vermilion of a palette that colour-blind people can tell apart (https://jfly.uni-koeln.de/color/), and
grey. What needs review also has the thicker line."""

POOR_BELOW = 0.5
MEANINGS = (
    (SURE, "needs no review"),
    (DOUBTFUL, "needs review"),
    (POOR, f"needs review, confidence below {POOR_BELOW:g}"),
    (UNKNOWN, "the service gave no confidence"),
)
GAP = 2
"""Pixels between a value's corners and its box, so that the box stands around the ink and not on it."""

EDGE = 0.05
"""The share of the page by which a box may lie beyond its edge."""

TINT = 40
SMALLEST_TEXT, LARGEST_TEXT = 11, 24


def colour_of(confidence: float | None, *, needs_review: bool) -> Colour:
    """Blue where the row says that no person need look, else orange, or vermilion below a half; grey: no confidence."""
    if confidence is None:
        return UNKNOWN
    if not needs_review:
        return SURE
    return POOR if confidence < POOR_BELOW else DOUBTFUL


def placed(region: Region, page: PageImage) -> Points | None:
    """The corners on the image of the page, a little outside of the value; None without a scale for it."""
    scale = page.scale.get(region.unit)
    if scale is None:
        return None
    left, top, right, bottom = region.edges
    middle = ((left + right) / 2, (top + bottom) / 2)
    return tuple(
        (x * scale + (GAP if x > middle[0] else -GAP), y * scale + (GAP if y > middle[1] else -GAP))
        for x, y in region.corners
    )


def boxed(page: PageImage, boxes: Iterable[Box]) -> tuple[Image.Image, int]:
    """The page with these boxes and a legend below it, and how many boxes are not on it, though they are its own.

    Cells come first, so that the boxes and numbers of fields and pairs stand above them.
    """
    image = page.image.copy()
    lost = 0
    for box in sorted(boxes, key=lambda box: box.number is not None):
        corners = placed(box.region, page)
        if corners is None or not _is_on(corners, image):
            lost += 1
            continue
        colour = colour_of(box.confidence, needs_review=box.needs_review)
        image = _tinted(image, corners, colour)
        outline = [*corners, *corners[:2]]
        ImageDraw.Draw(image).line(outline, fill=colour, width=_line_width(colour), joint="curve")
        if box.number is not None:
            _number(image, corners, str(box.number), colour)
    return _with_legend(image), lost


def _is_on(corners: Points, image: Image.Image) -> bool:
    """Whether they are on the image, or at most a little beyond its edge."""
    across, down = EDGE * image.width, EDGE * image.height
    return all(-across <= x <= image.width + across and -down <= y <= image.height + down for x, y in corners)


def _tinted(image: Image.Image, corners: Points, colour: Colour) -> Image.Image:
    """The image with a breath of the colour inside the corners; only that part of it is worked on."""
    left, top = (max(0, int(min(values))) for values in zip(*corners, strict=True))
    right, bottom = int(max(x for x, _ in corners)) + 1, int(max(y for _, y in corners)) + 1
    part = (left, top, min(right, image.width), min(bottom, image.height))
    if part[0] < part[2] and part[1] < part[3]:
        veil = Image.new("L", (part[2] - part[0], part[3] - part[1]), 0)
        ImageDraw.Draw(veil).polygon([(x - left, y - top) for x, y in corners], fill=TINT)
        image.paste(colour, part, veil)
    return image


def _number(image: Image.Image, corners: Points, text: str, colour: Colour) -> None:
    """The number on a patch of the colour, right of the box, where forms are empty most often."""
    draw, size = ImageDraw.Draw(image), _text_size(image)
    font = ImageFont.load_default(size)
    width, height = int(draw.textlength(text, font)) + 6, size + 4
    left = min(max(0.0, *(x for x, _ in corners)), image.width - width)
    top = min(max(0, min(y for _, y in corners)), image.height - height)
    draw.rectangle((left, top, left + width, top + height), fill=colour)
    draw.text((left + 3, top + 1), text, fill="black" if colour == DOUBTFUL else "white", font=font)


def _text_size(image: Image.Image) -> int:
    return max(SMALLEST_TEXT, min(LARGEST_TEXT, max(image.size) // 100))


def _with_legend(image: Image.Image) -> Image.Image:
    items, size = MEANINGS, _text_size(image)
    line, font = 2 * size, ImageFont.load_default(size)
    whole = Image.new("RGB", (image.width, image.height + line * len(items) + size), "white")
    whole.paste(image)
    draw = ImageDraw.Draw(whole)
    draw.line((0, image.height, image.width, image.height), fill=UNKNOWN, width=2)
    for number, (colour, meaning) in enumerate(items):
        top = image.height + size + number * line
        draw.rectangle((size, top, 3 * size, top + size), outline=colour, width=_line_width(colour))
        draw.text((4 * size, top - 1), meaning, fill="black", font=font)
    return whole


def _line_width(colour: Colour) -> int:
    return 2 if colour in (SURE, UNKNOWN) else 4
