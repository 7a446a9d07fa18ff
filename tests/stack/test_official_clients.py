"""The service's own clients judge the analyzer: they train, list, analyze from bytes and from a URL, and delete."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from azure.ai.documentintelligence import DocumentIntelligenceAdministrationClient, DocumentIntelligenceClient
from azure.ai.documentintelligence.models import (
    AnalyzeDocumentRequest,
    AzureBlobContentSource,
    BuildDocumentModelRequest,
)
from azure.ai.formrecognizer import (
    DocumentAnalysisClient,
    DocumentModelAdministrationClient,
    FormRecognizerClient,
    FormTrainingClient,
    ModelBuildMode,
)
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)

from samples.__main__ import files
from tests.stack.labelling import VALUES, container_with, form, labelled_set

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.settings import StorageConnection
    from tests.stack.conftest import Analyzer

SAMPLES = {
    name.rpartition("/")[2]: content
    for name, content in files(1)
    if name.startswith("purchase-order/") and name.endswith(".pdf")
}
UNLABELLED = {name: content for name, content in SAMPLES.items() if name <= "po-5.pdf"}
NEW = form("9999", "2026-11-30", "3.75")
FAST: dict[str, Any] = {"polling_interval": 0.2}


@pytest.fixture
def labelled(storage: StorageConnection, unique: Callable[[str], str]) -> str:
    """The URL of a container with a labelled training set."""
    return container_with(storage, unique("labelled"), labelled_set())


@pytest.fixture
def document_url(storage: StorageConnection, unique: Callable[[str], str]) -> str:
    """The URL of a form that is in no training set."""
    container, _, token = container_with(storage, unique("new"), {"new.pdf": NEW}).partition("?")
    return f"{container}/new.pdf?{token}"


# --- azure-ai-formrecognizer, v2.0 and v2.1 ------------------------------------------------------------------------


def v2_clients(analyzer: Analyzer, version: str) -> tuple[Any, Any]:
    """The clients for models and for documents."""
    credential = AzureKeyCredential(analyzer.key)
    options = {"api_version": version, **FAST}
    return (
        FormTrainingClient(analyzer.url, credential, **options),
        FormRecognizerClient(analyzer.url, credential, **options),
    )


@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_v2_trains_without_labels_and_reads(
    analyzer: Analyzer, storage: StorageConnection, unique: Callable[[str], str], version: str
) -> None:
    """Keys are learned; a form is read by them, from bytes; then the model is gone."""
    training, recognizer = v2_clients(analyzer, version)
    source = container_with(storage, unique("forms"), UNLABELLED)

    name = {"model_name": "orders"} if version == "2.1" else {}
    model = training.begin_training(source, use_training_labels=False, **name).result()
    assert (model.status, model.model_name) == ("ready", name.get("model_name"))
    assert [one.status for one in model.training_documents] == ["succeeded"] * 5
    assert "Order number:" in {field.label for field in model.submodels[0].fields.values()}
    assert model.model_id in {one.model_id for one in training.list_custom_models()}
    assert training.get_account_properties().custom_model_count >= 1

    content = SAMPLES["po-6.pdf"]
    (read,) = recognizer.begin_recognize_custom_forms(model.model_id, content, include_field_elements=True).result()
    values = {field.label_data.text: field.value_data for field in read.fields.values() if field.label_data}
    assert values["Order number:"].field_elements

    training.delete_model(model.model_id)
    with pytest.raises(ResourceNotFoundError):
        training.get_custom_model(model.model_id)


@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_v2_trains_with_labels_and_reads_from_bytes_and_from_a_url(
    analyzer: Analyzer, labelled: str, document_url: str, version: str
) -> None:
    """Named, typed fields with their accuracy."""
    training, recognizer = v2_clients(analyzer, version)
    model = training.begin_training(labelled, use_training_labels=True).result()
    (submodel,) = model.submodels
    assert {name: field.accuracy for name, field in submodel.fields.items()} == {"Number": 1, "Day": 1, "Amount": 1}

    from_bytes = recognizer.begin_recognize_custom_forms(model.model_id, NEW).result()
    from_url = recognizer.begin_recognize_custom_forms_from_url(model.model_id, document_url).result()

    for (read,) in (from_bytes, from_url):
        found = {name: field.value for name, field in read.fields.items() if field}
        assert found == {"Number": 9999, "Day": date(2026, 11, 30), "Amount": 3.75}
        assert model.model_id in (read.model_id, read.form_type.removeprefix("custom:"))


def test_v21_composes_labelled_models(
    analyzer: Analyzer, storage: StorageConnection, labelled: str, unique: Callable[[str], str]
) -> None:
    """A composed model reads by the part that fits; one trained without labels is refused."""
    training, recognizer = v2_clients(analyzer, "2.1")
    first, second = (training.begin_training(labelled, use_training_labels=True).result() for _ in range(2))
    composed = training.begin_create_composed_model([first.model_id, second.model_id], model_name="both").result()
    assert composed.properties.is_composed_model
    assert {one.model_id for one in composed.submodels} == {first.model_id, second.model_id}

    (read,) = recognizer.begin_recognize_custom_forms(composed.model_id, NEW).result()
    assert read.fields["Number"].value == 9999
    assert read.model_id in {first.model_id, second.model_id}

    unlabelled = container_with(storage, unique("forms"), UNLABELLED)
    plain = training.begin_training(unlabelled, use_training_labels=False).result()
    with pytest.raises(HttpResponseError, match="1001"):
        training.begin_create_composed_model([first.model_id, plain.model_id])


def test_v2_reads_layout_invoices_and_receipts(analyzer: Analyzer, document_url: str) -> None:
    """The prebuilt models find what their labels name."""
    _, recognizer = v2_clients(analyzer, "2.1")
    (page,) = recognizer.begin_recognize_content_from_url(document_url).result()
    assert [line.text for line in page.lines] == ["Number: 9999", "Day: 2026-11-30", "Amount: 3.75"]

    (receipt,) = recognizer.begin_recognize_receipts(NEW, include_field_elements=True).result()
    assert receipt.fields["Total"].value == 3.75
    (invoice,) = recognizer.begin_recognize_invoices(SAMPLES["po-6.pdf"]).result()
    assert invoice.form_type == "prebuilt:invoice"


def test_v2_says_what_is_wrong(analyzer: Analyzer) -> None:
    """A wrong key, an unknown model, a file that is none."""
    wrong = FormRecognizerClient(analyzer.url, AzureKeyCredential("wrong"))
    with pytest.raises(ClientAuthenticationError):
        wrong.begin_recognize_content(NEW)
    _, recognizer = v2_clients(analyzer, "2.1")
    with pytest.raises(HttpResponseError, match="1001"):
        recognizer.begin_recognize_custom_forms("00000000-0000-0000-0000-000000000000", NEW)
    with pytest.raises(HttpResponseError, match="InvalidImage"):
        recognizer.begin_recognize_content(b"%PDF-1.7 and then nothing", content_type="application/pdf")


# --- azure-ai-formrecognizer, 2023-07-31 ---------------------------------------------------------------------------


def v31_clients(analyzer: Analyzer) -> tuple[Any, Any]:
    """The clients for models and for documents."""
    credential = AzureKeyCredential(analyzer.key)
    return (
        DocumentModelAdministrationClient(analyzer.url, credential, **FAST),
        DocumentAnalysisClient(analyzer.url, credential, **FAST),
    )


def test_v31_builds_and_reads_from_bytes_and_from_a_url(
    analyzer: Analyzer, labelled: str, document_url: str, unique: Callable[[str], str]
) -> None:
    """The caller's model id, its fields, the operation's tale; an id is used once; then the model is gone."""
    models, documents = v31_clients(analyzer)
    name = unique("orders")
    poller = models.begin_build_document_model(
        ModelBuildMode.TEMPLATE, blob_container_url=labelled, model_id=name, description="Orders", tags={"a": "b"}
    )
    model = poller.result()
    assert (model.model_id, model.description, model.tags) == (name, "Orders", {"a": "b"})
    assert model.expires_on is not None
    assert model.expires_on > datetime.now(UTC)
    assert model.doc_types[name].field_confidence == {"Number": 1, "Day": 1, "Amount": 1}
    assert model.doc_types[name].field_schema["Day"] == {"type": "date"}
    assert {name, "prebuilt-invoice"} <= {one.model_id for one in models.list_document_models()}
    assert name in {str(one.resource_location).rpartition("/")[2].partition("?")[0] for one in models.list_operations()}
    assert models.get_resource_details().custom_document_models.count >= 1
    with pytest.raises(ResourceExistsError, match="ModelExists"):
        models.begin_build_document_model(ModelBuildMode.TEMPLATE, blob_container_url=labelled, model_id=name)

    from_bytes = documents.begin_analyze_document(name, NEW).result()
    from_url = documents.begin_analyze_document_from_url(name, document_url).result()
    for result in (from_bytes, from_url):
        (read,) = result.documents
        found = {field_name: field.value for field_name, field in read.fields.items()}
        assert found == {"Number": 9999, "Day": date(2026, 11, 30), "Amount": 3.75}
        (span,) = read.fields["Amount"].spans
        assert result.content[span.offset : span.offset + span.length] == "3.75"

    models.delete_document_model(name)
    with pytest.raises(ResourceNotFoundError, match="ModelNotFound"):
        models.get_document_model(name)


def test_v31_composes(analyzer: Analyzer, labelled: str, unique: Callable[[str], str]) -> None:
    """Several models answer under one id."""
    models, documents = v31_clients(analyzer)
    parts = [unique("part"), unique("part")]
    for part in parts:
        models.begin_build_document_model(ModelBuildMode.TEMPLATE, blob_container_url=labelled, model_id=part).result()
    composed = models.begin_compose_document_model(parts, model_id=unique("both")).result()
    assert set(composed.doc_types) == set(parts)
    (read,) = documents.begin_analyze_document(composed.model_id, NEW).result().documents
    assert read.doc_type in parts


def test_v31_says_what_is_wrong(analyzer: Analyzer, storage: StorageConnection, unique: Callable[[str], str]) -> None:
    """Forms without labels cannot be built from; a model that is not there; a file that is none."""
    models, documents = v31_clients(analyzer)
    unlabelled = container_with(storage, unique("forms"), UNLABELLED)
    with pytest.raises(HttpResponseError, match="ModelBuildError"):
        models.begin_build_document_model(ModelBuildMode.TEMPLATE, blob_container_url=unlabelled).result()
    with pytest.raises(ResourceNotFoundError, match="ModelNotFound"):
        documents.begin_analyze_document("nobody-made-this", NEW)
    with pytest.raises(HttpResponseError, match="InvalidContent"):
        documents.begin_analyze_document("prebuilt-layout", b"%PDF-1.7 and then nothing")


def test_v31_reads_with_prebuilt_models(analyzer: Analyzer) -> None:
    """Words, pairs, invoices."""
    _, documents = v31_clients(analyzer)
    read = documents.begin_analyze_document("prebuilt-read", NEW).result()
    assert read.content == "Number: 9999\nDay: 2026-11-30\nAmount: 3.75"
    general = documents.begin_analyze_document("prebuilt-document", NEW).result()
    assert [(pair.key.content, pair.value.content) for pair in general.key_value_pairs] == [
        ("Number:", "9999"),
        ("Day:", "2026-11-30"),
        ("Amount:", "3.75"),
    ]
    (invoice,) = documents.begin_analyze_document("prebuilt-invoice", SAMPLES["po-6.pdf"]).result().documents
    assert invoice.doc_type == "invoice"


# --- azure-ai-documentintelligence, 2024-11-30 ---------------------------------------------------------------------


def test_v40_builds_reads_and_deletes(
    analyzer: Analyzer, labelled: str, document_url: str, unique: Callable[[str], str]
) -> None:
    """From bytes, from a URL and, deleted at once, as a result nobody keeps."""
    credential = AzureKeyCredential(analyzer.key)
    models: Any = DocumentIntelligenceAdministrationClient(analyzer.url, credential, **FAST)
    documents: Any = DocumentIntelligenceClient(analyzer.url, credential, **FAST)
    name = unique("orders")
    source = AzureBlobContentSource(container_url=labelled)
    request = BuildDocumentModelRequest(model_id=name, build_mode="template", azure_blob_source=source)
    model = models.begin_build_document_model(request).result()
    assert model.model_id == name
    assert {name, "prebuilt-layout"} <= {one.model_id for one in models.list_models()}
    assert "prebuilt-document" not in {one.model_id for one in models.list_models()}
    assert models.get_resource_details().custom_document_models.limit > 0

    from_bytes = documents.begin_analyze_document(name, NEW, content_type="application/octet-stream").result()
    from_url = documents.begin_analyze_document(name, AnalyzeDocumentRequest(url_source=document_url)).result()
    in_base64 = documents.begin_analyze_document(name, AnalyzeDocumentRequest(bytes_source=NEW)).result()
    for result in (from_bytes, from_url, in_base64):
        (read,) = result.documents or []
        assert (read.fields or {})["Number"].value_integer == 9999
    layout = documents.begin_analyze_document(
        "prebuilt-layout", NEW, features=["keyValuePairs"], string_index_type="unicodeCodePoint"
    ).result()
    assert [pair.key.content for pair in layout.key_value_pairs or []] == ["Number:", "Day:", "Amount:"]

    poller = documents.begin_analyze_document(name, NEW)
    poller.result()
    documents.delete_analyze_result(name, poller.details["operation_id"])
    models.delete_model(name)
    with pytest.raises(ResourceNotFoundError, match="ModelNotFound"):
        models.get_model(name)


def test_the_values_of_the_training_set_are_not_the_new_ones() -> None:
    """Else a model could answer by heart."""
    assert not [values for values in VALUES if "9999" in values]
