"""Microsoft's own clients train, list, analyze and delete against the analyzer, on each version that they speak."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests
from azure.ai.documentintelligence import DocumentIntelligenceAdministrationClient, DocumentIntelligenceClient
from azure.ai.documentintelligence.models import (
    AnalyzeDocumentRequest,
    AzureBlobContentSource,
    AzureBlobFileListContentSource,
    BuildDocumentModelRequest,
)
from azure.ai.formrecognizer import (
    DocumentAnalysisClient,
    DocumentModelAdministrationClient,
    DocumentModelAdministrationLROPoller,
    FormRecognizerClient,
    FormTrainingClient,
    ModelBuildMode,
)
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import BlobServiceClient, ContainerSasPermissions, generate_container_sas

from samples import purchase_order
from samples.__main__ import forms
from tests.stack.labelling import labelled_folder
from tests.unit.analyzer.drawing import pdf

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.settings import StorageConnection
    from tests.stack.conftest import Analyzer

ORDERS = {form.name: (form.pdf, form.values) for form in forms(1, purchase_order)}
TRAINING = {name: ORDERS[name] for name in [f"po-{number}.pdf" for number in range(1, 6)]}
NEW, VALUES = ORDERS["po-6.pdf"]
TYPES = {"Order number": "string", "Order date": "date"}
READ_DATE = date(2025, 10, 17)
QUICKLY: dict[str, Any] = {"polling_interval": 0.1}
INVOICE = pdf(
    [
        *((72, 60, "INVOICE"), (72, 100, "Invoice No: INV-204"), (300, 100, "Invoice Date: 11/15/2024")),
        *((72, 140, "Bill To:"), (72, 154, "Harbour Bakery"), (300, 140, "Total:"), (400, 140, "$1,210.50")),
    ]
)
RECEIPT = pdf(
    [
        *((72, 60, "Corner Cafe"), (72, 80, "11/02/2024 1:05 PM"), (72, 110, "Espresso"), (200, 110, "2.50")),
        *((72, 130, "Subtotal"), (200, 130, "2.50"), (72, 145, "Tax"), (200, 145, "0.20")),
        *((72, 160, "Total"), (200, 160, "$2.70")),
    ]
)
DAMAGED = b"%PDF-1.4 and then nothing"


@pytest.fixture(scope="module")
def source(analyzer: Analyzer, storage: StorageConnection) -> str:
    """A container's SAS URL (read and list): orders without labels, and labelled ones with v2 and with v3 layouts."""
    files = {f"plain/{name}": content for name, (content, _) in TRAINING.items()}
    files |= {f"read/{name}": content for name, content in (("order.pdf", NEW), ("invoice.pdf", INVOICE))}
    for folder, path in (
        ("labelled2", "/formrecognizer/v2.1/layout/analyze"),
        ("labelled3", "/formrecognizer/documentModels/prebuilt-layout:analyze?api-version=2023-07-31"),
    ):
        made = labelled_folder(TRAINING, TYPES, lambda content, path=path: _layout(analyzer, path, content))  # type: ignore[misc]
        files |= {f"{folder}/{name}": content for name, content in made.items()}
    files["list.jsonl"] = "\n".join(f'{{"file": "labelled3/{name}"}}' for name in list(TRAINING)[:5]).encode()
    with BlobServiceClient.from_connection_string(str(storage.connection_string)) as service:
        container = service.create_container(f"clients-{time.time_ns()}")
        for path, content in files.items():
            container.upload_blob(path, content)
        token = generate_container_sas(
            str(service.account_name),
            container.container_name,
            account_key=service.credential.account_key,
            permission=ContainerSasPermissions(read=True, list=True),
            expiry=datetime.now(UTC) + timedelta(hours=1),
        )
        return f"{container.url}?{token}"


def _layout(analyzer: Analyzer, path: str, content: bytes) -> dict[str, Any]:
    headers = {"Ocp-Apim-Subscription-Key": analyzer.key}
    kind = {"Content-Type": "application/pdf"}
    posted = requests.post(analyzer.url + path, content, headers=headers | kind, timeout=30)
    while True:
        body: dict[str, Any] = requests.get(posted.headers["Operation-Location"], headers=headers, timeout=30).json()
        if body["status"] == "succeeded":
            return body
        time.sleep(0.05)


def blob(source: str, name: str) -> str:
    """The SAS URL of one blob in the container."""
    address, _, token = source.partition("?")
    return f"{address}/{name}?{token}"


@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_a_model_without_labels(analyzer: Analyzer, source: str, version: str) -> None:
    """Trained, shown, listed and counted; it reads from bytes and from a URL; then it is gone."""
    key = AzureKeyCredential(analyzer.key)
    with (
        FormTrainingClient(analyzer.url, key, api_version=version) as training,
        FormRecognizerClient(analyzer.url, key, api_version=version) as reading,
    ):
        named = {"model_name": "orders"} if version == "2.1" else {}
        model = training.begin_training(source, False, prefix="plain/", **named, **QUICKLY).result()
        assert model.status == "ready"
        assert model.model_name == named.get("model_name")
        assert [(one.name, one.page_count, one.status) for one in model.training_documents] == [
            (f"plain/{name}", 1, "succeeded") for name in TRAINING
        ]
        assert "Order number:" in {field.label for field in model.submodels[0].fields.values()}
        assert model.model_id in {one.model_id for one in training.list_custom_models()}
        assert 0 < training.get_account_properties().custom_model_count <= 5000

        sent = reading.begin_recognize_custom_forms(
            model.model_id, NEW, include_field_elements=True, content_type="application/pdf", **QUICKLY
        )
        named_url = blob(source, "read/order.pdf")
        fetched = reading.begin_recognize_custom_forms_from_url(model.model_id, named_url, **QUICKLY)
        for (form,) in (sent.result(), fetched.result()):
            read = {str(field.label_data.text).rstrip(":"): field.value for field in form.fields.values()}
            assert read["Order number"] == VALUES["Order number"]
            assert read["Total due"] == VALUES["Total due"]

        training.delete_model(model.model_id)
        with pytest.raises(ResourceNotFoundError, match="1022"):
            training.get_custom_model(model.model_id)
        with pytest.raises(HttpResponseError, match="1001"):
            reading.begin_recognize_custom_forms(model.model_id, NEW, content_type="application/pdf")


@pytest.mark.parametrize(("version", "form_type"), [("2.0", "form-{}"), ("2.1", "custom:labelled orders")])
def test_a_model_with_labels(analyzer: Analyzer, source: str, version: str, form_type: str) -> None:
    """Its fields have names, types and accuracy, its documents the model's type (the client names v2.0's `form`)."""
    key = AzureKeyCredential(analyzer.key)
    with (
        FormTrainingClient(analyzer.url, key, api_version=version) as training,
        FormRecognizerClient(analyzer.url, key, api_version=version) as reading,
    ):
        named = {"model_name": "labelled orders"} if version == "2.1" else {}
        model = training.begin_training(source, True, prefix="labelled2/", **named, **QUICKLY).result()
        (submodel,) = model.submodels
        assert set(submodel.fields) == set(TYPES)
        assert all(0 < field.accuracy <= 1 for field in submodel.fields.values())
        poller = reading.begin_recognize_custom_forms(model.model_id, NEW, content_type="application/pdf", **QUICKLY)
        (form,) = poller.result()
        assert form.form_type == form_type.format(model.model_id)
        assert form.fields["Order number"].value == VALUES["Order number"]
        assert form.fields["Order date"].value == READ_DATE
        training.delete_model(model.model_id)


def test_a_composed_model_of_v21(analyzer: Analyzer, source: str) -> None:
    """Two labelled models make one that reads; one without labels can't be a component."""
    key = AzureKeyCredential(analyzer.key)
    with FormTrainingClient(analyzer.url, key) as training, FormRecognizerClient(analyzer.url, key) as reading:
        parts = [
            training.begin_training(source, True, prefix="labelled2/", model_name=name, **QUICKLY).result()
            for name in ("one", "two")
        ]
        ids = [part.model_id for part in parts]
        model = training.begin_create_composed_model(ids, model_name="both", **QUICKLY).result()
        assert (model.properties.is_composed_model, model.model_name) == (True, "both")
        assert {submodel.model_id for submodel in model.submodels} == set(ids)
        poller = reading.begin_recognize_custom_forms(model.model_id, NEW, content_type="application/pdf", **QUICKLY)
        (form,) = poller.result()
        assert form.model_id in ids
        assert form.fields["Order number"].value == VALUES["Order number"]
        plain = training.begin_training(source, False, prefix="plain/", **QUICKLY).result()
        with pytest.raises(HttpResponseError, match="1001"):
            training.begin_create_composed_model([ids[0], plain.model_id])


def test_training_that_fails_says_why(analyzer: Analyzer, source: str) -> None:
    """In the service's codes: 2012 without a SAS, 2014 without documents, 2100 without the layouts that labels need."""
    bare = source.partition("?")[0]
    with FormTrainingClient(analyzer.url, AzureKeyCredential(analyzer.key)) as training:
        for container, labels, prefix, code in (
            (bare, False, "", "2012"),
            (source, False, "nothing/", "2014"),
            (source, True, "plain/", "2100"),
        ):
            with pytest.raises(HttpResponseError, match=rf"\[{code}\]|{code}"):
                training.begin_training(container, labels, prefix=prefix, **QUICKLY).result()


@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_the_prebuilt_models_of_v2(analyzer: Analyzer, source: str, version: str) -> None:
    """Layout and receipts on both, invoices on 2.1; from bytes and from a URL."""
    with FormRecognizerClient(analyzer.url, AzureKeyCredential(analyzer.key), api_version=version) as reading:
        kind: dict[str, Any] = {"content_type": "application/pdf", **QUICKLY}
        (page,) = reading.begin_recognize_content(NEW, **kind).result()
        assert page.lines
        (page,) = reading.begin_recognize_content_from_url(blob(source, "read/order.pdf"), **QUICKLY).result()
        assert page.tables[0].cells
        (receipt,) = reading.begin_recognize_receipts(RECEIPT, include_field_elements=True, **kind).result()
        assert receipt.form_type == "prebuilt:receipt"
        assert {name: receipt.fields[name].value for name in ("MerchantName", "Total", "Tax", "TransactionDate")} == {
            "MerchantName": "Corner Cafe",
            "Total": 2.7,
            "Tax": 0.2,
            "TransactionDate": date(2024, 11, 2),
        }
        if version == "2.1":
            poller = reading.begin_recognize_invoices_from_url(blob(source, "read/invoice.pdf"), **QUICKLY)
            (invoice,) = poller.result()
            assert invoice.fields["InvoiceId"].value == "INV-204"
            assert invoice.fields["InvoiceTotal"].value == 1210.5
        with pytest.raises(HttpResponseError, match="InvalidImage"):
            reading.begin_recognize_content(DAMAGED, **kind)


def test_models_of_2023_07_31(analyzer: Analyzer, source: str, unique: Callable[[str], str]) -> None:
    """Built, listed, composed; they read from bytes and from a URL; deleted, they are gone."""
    key = AzureKeyCredential(analyzer.key)
    with (
        DocumentModelAdministrationClient(analyzer.url, key) as training,
        DocumentAnalysisClient(analyzer.url, key) as reading,
    ):
        names = [unique("orders"), unique("orders")]
        for name in names:
            poller: DocumentModelAdministrationLROPoller[Any] = training.begin_build_document_model(
                ModelBuildMode.TEMPLATE,
                blob_container_url=source,
                prefix="labelled3/",
                model_id=name,
                description="Orders",
                tags={"kind": "order"},
                **QUICKLY,
            )
            model = poller.result()
            assert (model.model_id, model.description, model.tags) == (name, "Orders", {"kind": "order"})
            kinds = {field: schema["type"] for field, schema in model.doc_types[name].field_schema.items()}
            assert kinds == TYPES
            assert set(model.doc_types[name].field_confidence) == set(TYPES)
        with pytest.raises(ResourceExistsError, match="ModelExists"):
            training.begin_build_document_model(ModelBuildMode.TEMPLATE, blob_container_url=source, model_id=names[0])
        listed = {one.model_id for one in training.list_document_models()}
        assert {*names, "prebuilt-layout", "prebuilt-document"} <= listed
        details = training.get_resource_details()
        assert 2 <= details.custom_document_models.count <= details.custom_document_models.limit
        operations = [
            one for one in training.list_operations() if one.resource_location.split("?")[0].endswith(names[0])
        ]
        assert [(one.kind, one.status, one.percent_completed) for one in operations] == [
            ("documentModelBuild", "succeeded", 100)
        ]
        assert training.get_operation(operations[0].operation_id).result.model_id == names[0]

        both = unique("both")
        composed = training.begin_compose_document_model(names, model_id=both, **QUICKLY).result()
        assert set(composed.doc_types) == set(names)
        for asked in (names[0], both):
            sent = reading.begin_analyze_document(asked, NEW, **QUICKLY).result()
            fetched = reading.begin_analyze_document_from_url(asked, blob(source, "read/order.pdf"), **QUICKLY).result()
            for result in (sent, fetched):
                (document,) = result.documents
                assert document.doc_type in {names[0], *(f"{both}:{name}" for name in names)}
                assert document.fields["Order number"].value == VALUES["Order number"]
                assert document.fields["Order date"].value == READ_DATE
        for name in (*names, both):
            training.delete_document_model(name)
        with pytest.raises(ResourceNotFoundError, match="ModelNotFound"):
            training.get_document_model(names[0])
        with pytest.raises(ResourceNotFoundError, match="ModelNotFound"):
            reading.begin_analyze_document(names[0], NEW)


def test_a_build_without_layouts_fails(analyzer: Analyzer, source: str, unique: Callable[[str], str]) -> None:
    """As the service has it: the operation fails with ModelBuildError, and there is no model."""
    with DocumentModelAdministrationClient(analyzer.url, AzureKeyCredential(analyzer.key)) as training:
        name = unique("orders")
        poller: DocumentModelAdministrationLROPoller[Any] = training.begin_build_document_model(
            ModelBuildMode.TEMPLATE, blob_container_url=source, prefix="plain/", model_id=name, **QUICKLY
        )
        with pytest.raises(HttpResponseError, match="Can't find any OCR files for training") as raised:
            poller.result()
        assert "ModelBuildError" in str(raised.value)
        with pytest.raises(ResourceNotFoundError):
            training.get_document_model(name)


def test_the_prebuilt_models_of_2023_07_31(analyzer: Analyzer, source: str) -> None:
    """Pages, tables, pairs and typed fields; spans lead to their text."""
    with DocumentAnalysisClient(analyzer.url, AzureKeyCredential(analyzer.key)) as reading:
        result = reading.begin_analyze_document("prebuilt-layout", NEW, **QUICKLY).result()
        assert result.tables[0].row_count > 1
        assert [_cut(result.content, word.span) for word in result.pages[0].words] == [
            word.content for word in result.pages[0].words
        ]
        result = reading.begin_analyze_document("prebuilt-document", NEW, **QUICKLY).result()
        pairs = {pair.key.content: pair.value.content for pair in result.key_value_pairs if pair.value}
        assert pairs["Order number:"] == VALUES["Order number"]
        assert reading.begin_analyze_document("prebuilt-read", NEW, **QUICKLY).result().content == result.content
        url = blob(source, "read/invoice.pdf")
        (invoice,) = reading.begin_analyze_document_from_url("prebuilt-invoice", url, **QUICKLY).result().documents
        assert invoice.fields["CustomerName"].value == "Harbour Bakery"
        assert (invoice.fields["InvoiceTotal"].value.amount, invoice.fields["InvoiceTotal"].value.symbol) == (
            1210.5,
            "$",
        )
        (receipt,) = reading.begin_analyze_document("prebuilt-receipt", RECEIPT, **QUICKLY).result().documents
        items = [item.value["Description"].value for item in receipt.fields["Items"].value]
        assert (receipt.fields["Total"].value, items) == (2.7, ["Espresso"])
        with pytest.raises(HttpResponseError, match="InvalidContent"):
            reading.begin_analyze_document("prebuilt-layout", DAMAGED)


def _cut(content: str, span: Any) -> str:  # noqa: ANN401 - either client's
    return content[span.offset : span.offset + span.length]


def test_2024_11_30(analyzer: Analyzer, source: str, unique: Callable[[str], str]) -> None:
    """Built from a folder and from a list of files, listed; reads bytes, a URL and Base64; results and models go."""
    key = AzureKeyCredential(analyzer.key)
    with (
        DocumentIntelligenceAdministrationClient(analyzer.url, key) as training,
        DocumentIntelligenceClient(analyzer.url, key) as reading,
    ):
        folder, listed = unique("orders"), unique("orders")
        sources: dict[str, dict[str, Any]] = {
            folder: {"azure_blob_source": AzureBlobContentSource(container_url=source, prefix="labelled3/")},
            listed: {
                "azure_blob_file_list_source": AzureBlobFileListContentSource(
                    container_url=source, file_list="list.jsonl"
                )
            },
        }
        for name, chosen in sources.items():
            request = BuildDocumentModelRequest(model_id=name, build_mode="neural", **chosen)
            model = training.begin_build_document_model(request, **QUICKLY).result()
            assert (model.model_id, model.build_mode) == (name, "neural")
            assert set(model.doc_types[name].field_schema) == set(TYPES)
        names = {one.model_id for one in training.list_models()}
        assert {folder, listed, "prebuilt-invoice"} <= names
        assert "prebuilt-document" not in names
        assert training.get_resource_details().custom_document_models.count >= 2

        sent = reading.begin_analyze_document(folder, NEW, **QUICKLY)
        url = AnalyzeDocumentRequest(url_source=blob(source, "read/order.pdf"))
        fetched = reading.begin_analyze_document(listed, url, features=["keyValuePairs"], **QUICKLY)
        whole = reading.begin_analyze_document(folder, AnalyzeDocumentRequest(bytes_source=NEW), **QUICKLY)
        for poller in (sent, fetched, whole):
            (document,) = poller.result().documents
            assert document.fields["Order number"].value_string == VALUES["Order number"]
            assert document.fields["Order date"].value_date == READ_DATE
        assert fetched.result().key_value_pairs
        assert sent.result().content_format == "text"

        result_id = sent.details["operation_id"]
        reading.delete_analyze_result(folder, result_id)
        with pytest.raises(ResourceNotFoundError, match="OperationNotFound"):
            reading.delete_analyze_result(folder, result_id)
        for name in sources:
            training.delete_model(name)
        with pytest.raises(ResourceNotFoundError, match="ModelNotFound"):
            training.get_model(folder)


def test_each_generation_has_models_of_its_own(analyzer: Analyzer, source: str, unique: Callable[[str], str]) -> None:
    """A model of v2.1 is not found by 2023-07-31, and the reverse; 2024-11-30 finds what 2023-07-31 has built."""
    key = AzureKeyCredential(analyzer.key)
    with (
        FormTrainingClient(analyzer.url, key) as old,
        DocumentModelAdministrationClient(analyzer.url, key) as new,
        DocumentIntelligenceAdministrationClient(analyzer.url, key) as newest,
    ):
        trained = old.begin_training(source, False, prefix="plain/", **QUICKLY).result()
        built = new.begin_build_document_model(
            ModelBuildMode.TEMPLATE, blob_container_url=source, prefix="labelled3/", model_id=unique("o"), **QUICKLY
        ).result()
        with pytest.raises(ResourceNotFoundError):
            new.get_document_model(trained.model_id)
        with pytest.raises(ResourceNotFoundError):
            old.get_custom_model(built.model_id)
        assert newest.get_model(built.model_id).api_version == "2023-07-31"
