"""What differs between the REST API's versions when a document is analyzed.

Source: the swagger files of v2.0, v2.1, 2023-07-31 and 2024-11-30, and the service's table of models by version
(https://learn.microsoft.com/azure/ai-services/document-intelligence/concept-model-overview).
"""

from __future__ import annotations

from fnmatch import fnmatchcase

_V20 = ("prebuilt-layout", "prebuilt-receipt")
_V21 = (*_V20, "prebuilt-invoice", "prebuilt-businessCard", "prebuilt-idDocument")
_V31 = (*_V21, "prebuilt-read", "prebuilt-document", "prebuilt-contract", "prebuilt-healthInsuranceCard.us")
_ONLY_V4 = ("prebuilt-bankStatement.us", "prebuilt-check.us", "prebuilt-payStub.us", "prebuilt-creditCard")

PREBUILTS = {
    "2.0": _V20,
    "2.1": _V21,
    "2023-07-31": (*_V31, "prebuilt-tax.us.*"),
    "2024-11-30": (
        *(name for name in _V31 if name != "prebuilt-businessCard"),
        *_ONLY_V4,
        "prebuilt-marriageCertificate.us",
        "prebuilt-tax.us",
        "prebuilt-tax.us.*",
        "prebuilt-mortgage.us.*",
    ),
}
"""The prebuilt models of each version. `prebuilt-document` of 2024-11-30 is layout with key-value pairs."""

API_VERSIONS = tuple(PREBUILTS)
"""The versions this app speaks."""


def prebuilt_model(name: str, api_version: str) -> str | None:
    """The service's own spelling of the prebuilt model `name`, in any case; None where the version lacks it."""
    for known in PREBUILTS[api_version]:
        if fnmatchcase(name.casefold(), known.casefold()):
            return name if "*" in known else known
    return None


def analyze_request(endpoint: str, api_version: str, model_id: str) -> tuple[str, dict[str, str]]:
    """The URL and the query that have a document analyzed by the model, with its words and, later, character spans."""
    if api_version.startswith("2."):
        details = {} if model_id == "prebuilt-layout" else {"includeTextDetails": "true"}
        return f"{root(endpoint, api_version)}{_v2_path(model_id)}/analyze", details
    query = {"api-version": api_version, "stringIndexType": "unicodeCodePoint"}
    if api_version >= "2024" and model_id == "prebuilt-document":
        model_id, query = "prebuilt-layout", {**query, "features": "keyValuePairs"}
    return f"{root(endpoint, api_version)}/documentModels/{model_id}:analyze", query


def root(endpoint: str, api_version: str) -> str:
    """Where the paths of a version begin; from 2023 on the version itself is in the query."""
    if api_version.startswith("2."):
        return f"{endpoint}/formrecognizer/v{api_version}"
    return f"{endpoint}/{'documentintelligence' if api_version >= '2024' else 'formrecognizer'}"


def _v2_path(model_id: str) -> str:
    kind, _, name = model_id.partition("-")
    if kind != "prebuilt":
        return f"/custom/models/{model_id}"
    return "/layout" if name == "layout" else f"/prebuilt/{name}"
