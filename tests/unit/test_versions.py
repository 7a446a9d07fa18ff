"""What differs between the versions of the REST API."""

from __future__ import annotations

import pytest

from shared.versions import API_VERSIONS, analyze_request, prebuilt_model

V2 = "https://x.example/formrecognizer"
SPANS = {"stringIndexType": "unicodeCodePoint"}
V31 = {"api-version": "2023-07-31", **SPANS}
V40 = {"api-version": "2024-11-30", **SPANS}
MODELS_31 = "https://x.example/formrecognizer/documentModels"
MODELS_40 = "https://x.example/documentintelligence/documentModels"
DETAILS = {"includeTextDetails": "true"}


@pytest.mark.parametrize(
    ("version", "model_id", "url", "query"),
    [
        ("2.0", "0a1b", f"{V2}/v2.0/custom/models/0a1b/analyze", DETAILS),
        ("2.0", "prebuilt-layout", f"{V2}/v2.0/layout/analyze", {}),
        ("2.0", "prebuilt-receipt", f"{V2}/v2.0/prebuilt/receipt/analyze", DETAILS),
        ("2.1", "0a1b", f"{V2}/v2.1/custom/models/0a1b/analyze", DETAILS),
        ("2.1", "prebuilt-layout", f"{V2}/v2.1/layout/analyze", {}),
        ("2.1", "prebuilt-idDocument", f"{V2}/v2.1/prebuilt/idDocument/analyze", DETAILS),
        ("2023-07-31", "orders-20260101000000", f"{MODELS_31}/orders-20260101000000:analyze", V31),
        ("2023-07-31", "prebuilt-document", f"{MODELS_31}/prebuilt-document:analyze", V31),
        ("2024-11-30", "orders-20260101000000", f"{MODELS_40}/orders-20260101000000:analyze", V40),
        ("2024-11-30", "prebuilt-tax.us.w2", f"{MODELS_40}/prebuilt-tax.us.w2:analyze", V40),
        (
            "2024-11-30",
            "prebuilt-document",
            f"{MODELS_40}/prebuilt-layout:analyze",
            {**V40, "features": "keyValuePairs"},
        ),
    ],
)
def test_each_version_has_its_path_and_query(version: str, model_id: str, url: str, query: dict[str, str]) -> None:
    """As the swagger of each version has it; words are asked for in v2, code points for spans later."""
    assert analyze_request("https://x.example", version, model_id) == (url, query)


@pytest.mark.parametrize(
    ("name", "versions"),
    [
        ("prebuilt-layout", ["2.0", "2.1", "2023-07-31", "2024-11-30"]),
        ("prebuilt-receipt", ["2.0", "2.1", "2023-07-31", "2024-11-30"]),
        ("prebuilt-invoice", ["2.1", "2023-07-31", "2024-11-30"]),
        ("prebuilt-businessCard", ["2.1", "2023-07-31"]),
        ("prebuilt-idDocument", ["2.1", "2023-07-31", "2024-11-30"]),
        ("prebuilt-read", ["2023-07-31", "2024-11-30"]),
        ("prebuilt-document", ["2023-07-31", "2024-11-30"]),
        ("prebuilt-contract", ["2023-07-31", "2024-11-30"]),
        ("prebuilt-healthInsuranceCard.us", ["2023-07-31", "2024-11-30"]),
        ("prebuilt-tax.us.w2", ["2023-07-31", "2024-11-30"]),
        ("prebuilt-bankStatement.us", ["2024-11-30"]),
        ("prebuilt-passport", []),
        ("prebuilt-", []),
        ("prebuilt-*", []),
    ],
)
def test_a_prebuilt_model_is_known_in_the_versions_that_have_it(name: str, versions: list[str]) -> None:
    """In any case of letters, in the service's spelling; `*` is no wildcard in a folder's name."""
    assert [version for version in API_VERSIONS if prebuilt_model(name.upper(), version)] == versions
    assert all(prebuilt_model(name, version) == name for version in versions)
