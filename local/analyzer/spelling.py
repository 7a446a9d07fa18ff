"""Phrases that were read from ink: a letter or a sign may be wrong, a space lost or added."""

from __future__ import annotations

LETTERS_PER_SLIP = 6
SHORTEST = 4


def letters_of(text: str) -> str:
    """The letters and digits alone, without regard to case."""
    return "".join(char for char in text.casefold() if char.isalnum())


def slips_allowed(letters: str) -> int:
    """How many letters may be wrong, missing or added: one in six, none in very short words."""
    return 0 if len(letters) < SHORTEST else max(1, len(letters) // LETTERS_PER_SLIP)


def slips_between(first: str, second: str, most: int) -> int:
    """The edit distance of two texts, or `most` + 1 when it is larger than `most`."""
    if abs(len(first) - len(second)) > most:
        return most + 1
    above = list(range(len(second) + 1))
    for row, left in enumerate(first, start=1):
        current = [row]
        for column, right in enumerate(second, start=1):
            changed = above[column - 1] + (left != right)
            current.append(min(changed, above[column] + 1, current[-1] + 1))
        above = current
        if min(above) > most:
            return most + 1
    return above[-1]
