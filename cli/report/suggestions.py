"""What the statistics of a model suggest, in plain words. Pure.

The service's advice: aim at 80 % and above, near 100 % where it matters; better scans when words are read badly; forms
like those of the training, and a model for each kind of form, when fields are found badly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.report.statistics import FieldStatistics, Group

SOURCE = "https://learn.microsoft.com/azure/ai-services/document-intelligence/concept/accuracy-confidence"
ADVICE = (
    "Microsoft advises to aim at a confidence of 80 % and above, and near 100 % for sensitive documents such as "
    "medical records or billing statements. Confidence is the service's own estimate: before you trust a threshold, "
    "compare some values near it with their page (`python -m cli show PATH --picture FILE.png`)."
)

_MORE_FORMS = "train with more forms like these; split forms that look different and train a model for each"
_BETTER_SCANS = "better scans help, more training does not"
_OWN_MODEL = "a prebuilt model can't be trained; a model of your own for these forms can"

TARGET = 80
"""Per cent."""

OFTEN = 0.2
"""A share of the documents from which on something is worth mending."""

ENOUGH = 10
"""With fewer documents, a share says little."""

AFFORDED = 0.1
"""The share of documents that a person may look at without asking what the machine is for."""


def of_group(group: Group) -> Iterator[str]:
    """What to do about the documents of one model; nothing when there are none."""
    if not group.documents:
        return
    now = group.expected.threshold
    yield f"At {now:g}, the threshold now, {percent(group.documents_below(now))} of the documents need review."
    if group.documents < ENOUGH:
        few = f"{group.documents} document{'' if group.documents == 1 else 's'}"
        yield f"{few} can't tell which threshold is right; read at least {ENOUGH} before you choose."
        return
    afforded = [one for one in group.thresholds if group.documents_below(one) <= AFFORDED]
    if afforded:
        yield f"{max(afforded):g} is the highest threshold that leaves at most one document in ten to a person."
    else:
        least = group.thresholds[0]
        yield f"Even at {least:g} more than one document in ten needs review: mend the fields below first."


def of_field(group: Group, statistics: FieldStatistics) -> str:
    """What to do about a field; empty when it is well."""
    if not group.documents:
        return ""
    is_trained = not group.model.startswith("prebuilt-")
    # A prebuilt model knows fields that many a document does not have.
    should_be_there = is_trained and (statistics.is_expected or statistics.seen > statistics.found)
    missing = 1 - group.found(statistics)
    if should_be_there and not statistics.found:
        return "never found: see that these forms have it as those of the training did, or train with forms like these"
    if should_be_there and missing >= OFTEN:
        return (
            f"missing in {percent(missing)}: train with more forms that have it; if those without it look different, "
            "they need a folder and a model of their own"
        )
    poorly_found = statistics.confidence.share_below(TARGET)
    if poorly_found >= OFTEN:
        remedy = _MORE_FORMS if is_trained else _OWN_MODEL
        return f"{percent(poorly_found)} of its values were found with less than {TARGET} %: {remedy}"
    poorly_read = statistics.read_confidence.share_below(TARGET)
    if poorly_read >= OFTEN:
        return f"{percent(poorly_read)} of its values were read with less than {TARGET} %: {_BETTER_SCANS}"
    return ""


def percent(share: float) -> str:
    """A share of documents, without decimals; one that is not quite nothing or all does not look like it."""
    rounded = round(100 * share)
    if rounded == 0 and share > 0:
        return "<1 %"
    return ">99 %" if rounded == 100 and share < 1 else f"{rounded} %"  # noqa: PLR2004
