"""`train` and `models` as a person types them, over real storage and the real analyzer."""

from __future__ import annotations

import json
import re
import signal
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pdfplumber
import pytest
import requests
from azure.storage.blob import BlobServiceClient, ContainerSasPermissions, generate_container_sas

from cli.train.files import check_reach, check_signature, container_sas_url
from shared.errors import WrongSetting
from shared.models import Model
from tests.stack.app import a_pdf, add_fault
from tests.stack.scripted_service import scripted_service
from tests.stack.typed import rows_of, typed

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from tests.conftest import Eventually
    from tests.stack.conftest import Analyzer
    from tests.stack.person import Person

ROOT = Path(__file__).parents[2]
LABELLED = partial(Model, "", "8d", api_version="2.1", status="ready", accuracy=0.9)
"""A model that was trained with labels; what is given differs."""


@pytest.fixture
def forms(tmp_path: Path) -> Path:
    """A folder with five filled forms."""
    folder = tmp_path / "forms"
    folder.mkdir()
    for number in range(5):
        lines = (f"Order no: {700 + number}", f"Customer: {'ABCDE'[number]} Ltd", f"Total: {number}9.00")
        (folder / f"{number}.pdf").write_bytes(a_pdf(*lines))
    return folder


@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_a_folder_becomes_a_model(person: Person, forms: Path, unique: Callable[[str], str], version: str) -> None:
    """Its files are in the container, the row says what was learned, and each document's fate is shown."""
    name = unique("orders")

    done = person.types("train", name, str(forms), "--api-version", version, "--threshold", "0.4")

    assert done.stdout == f"{name} is ready: drop files into documents/{name}/\n"
    assert re.search(r"0\.pdf +│ 1 +│ succeeded", done.stderr)
    assert "keys learned: Customer:, Order no:, Total:" in done.stderr
    row = person.model(name)
    assert (row.status, row.api_version, row.threshold, row.training_documents) == ("ready", version, 0.4, 5)
    assert row.field_names == "Customer:, Order no:, Total:"
    assert person.knows(row.model_id, version)
    assert sorted(person.stored(f"{name}/")) == [f"{name}/{number}.pdf" for number in range(5)]
    kinds = {blob.content_settings.content_type for blob in person.training.list_blobs(f"{name}/")}
    assert kinds == {"application/pdf"}


def test_models_are_told_to_a_program(person: Person, forms: Path, unique: Callable[[str], str]) -> None:
    """With the names of the table's columns, and what the service knows."""
    name = unique("orders")
    typed(person.app, "train", name, str(forms))

    [shown] = rows_of(typed(person.app, "models", "show", name, "--json"))
    [listed] = [row for row in rows_of(typed(person.app, "models", "list", "--json")) if row["RowKey"] == name]

    assert shown == {**listed, "Keys": ["Customer:", "Order no:", "Total:"]}
    assert (listed["Status"], listed["ApiVersion"], listed["TrainingDocuments"]) == ("ready", "2.1", 5)
    assert listed["TrainedAt"].endswith("Z")


def test_only_what_changed_is_uploaded(person: Person, forms: Path, unique: Callable[[str], str]) -> None:
    """What was taken out of the folder is no longer learned from; labels and subfolders in the container stay."""
    name = unique("orders")
    person.types("train", name, str(forms))
    others = {f"{name}/0.pdf.labels.json", f"{name}/old/9.pdf"}
    for other in others:
        person.training.upload_blob(other, b"{}")
    before = person.stored(f"{name}/")
    (forms / "4.pdf").rename(forms / "5.pdf")
    (forms / "3.pdf").write_bytes(a_pdf("Order no: 800", "Customer: Z Ltd", "Total: 1.00"))

    person.types("train", name, str(forms))

    after = person.stored(f"{name}/")
    assert set(after) == {*(f"{name}/{number}.pdf" for number in (0, 1, 2, 3, 5)), *others}
    assert {blob for blob in after if before.get(blob) == after[blob]} == {
        *(f"{name}/{number}.pdf" for number in range(3)),
        *others,
    }
    assert person.model(name).threshold is None


@pytest.mark.parametrize(
    ("folder", "prefix", "options"),
    [
        pytest.param("", "{}/", [], id="a folder"),
        pytest.param("", "{}", [], id="a folder without its slash"),
        pytest.param("2026/", "{}/", ["--include-subfolders"], id="subfolders"),
        pytest.param("2026/q1-", "{}/2026/q1-", [], id="how names begin"),
    ],
)
def test_files_that_are_in_the_container_are_trained_on(
    person: Person, forms: Path, unique: Callable[[str], str], folder: str, prefix: str, options: list[str]
) -> None:
    """Under the model's own prefix or another; nothing is uploaded or deleted."""
    name, place = unique("orders"), unique("scans")
    for form in sorted(forms.iterdir()):
        person.training.upload_blob(f"{place}/{folder}{form.name}", form.read_bytes())
    person.training.upload_blob(f"{place}/notes.json", b"{}")
    person.training.upload_blob(f"{place}-2/9.pdf", a_pdf("Another form altogether"))
    before = person.stored(place)

    done = person.types("train", name, "--prefix", prefix.format(place), *options)

    assert done.stdout.startswith(f"{name} is ready")
    assert person.model(name).training_documents == 5
    assert person.stored(place) == before


def test_what_would_fail_is_said_before_anything_is_sent(
    person: Person, forms: Path, unique: Callable[[str], str]
) -> None:
    """All of it at once; no file is uploaded, no row is written, the service is not asked."""
    name, trainings = unique("orders"), person.trainings
    (forms / "0.pdf").unlink()
    (forms / "letter.docx").write_bytes(b"PK\x03\x04")

    done = person.types("train", name, str(forms), code=1)

    assert done.stderr.splitlines() == [
        f"{name} was not trained, and nothing was sent:",
        (
            "- letter.docx is by its content of a type that API version 2.1 does not train on: make it a PDF, JPEG, "
            "PNG or TIFF, or take it out."
        ),
        "- 4 filled forms: the service needs at least five, or two and an empty one with `empty` in its name.",
    ]
    assert done.stdout == ""
    assert person.stored(f"{name}/") == {}
    assert person.app.services.models.read(name) is None
    assert person.trainings == trainings


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["Orders", "."], "is no name for a model", id="a name"),
        pytest.param(["orders", ".", "--prefix", "a/"], "not both", id="folder and prefix"),
        pytest.param(["orders", ".", "--mode", "neural"], "has no modes", id="a mode of 2.1"),
        pytest.param(
            ["orders", ".", "--api-version", "2.0", "--without-signature"], "by a signature only", id="2.0 unsigned"
        ),
        pytest.param(["orders", ".", "--api-version", "2024-11-30"], "add --labels", id="no labels from 2023 on"),
        pytest.param(["orders", ".", "--api-version", "3.0"], "3.0", id="a version"),
        pytest.param(["orders", ".", "--threshold", "2"], "threshold", id="a threshold"),
        pytest.param(["orders", "nowhere"], "nowhere", id="a folder"),
    ],
)
def test_wrong_use_is_said_before_anything_is_read(person: Person, words: list[str], said: str) -> None:
    """Exit code 2."""
    assert said in re.sub(r"[│\s]+", " ", person.types("train", *words, code=2).stderr)


def interrupt(process: subprocess.Popen[str]) -> str:
    """Ctrl-C; what it said on standard error until it ended."""
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode not in (0, None)
    return said


def forget_faults(analyzer: Analyzer) -> None:
    """The analyzer does nothing wrong any more."""
    requests.delete(f"{analyzer.url}/_analyzer/faults", timeout=10).raise_for_status()


def begun_and_interrupted(person: Person, eventually: Eventually, *words: str) -> str:
    """Begins a training that does not end, and interrupts the wait; what was said."""
    name, before = words[1], person.app.services.models.read(words[1])
    add_fault(person.analyzer.url, on="model", kind="never-ending")
    process = person.begins(*words)

    def is_waiting() -> bool:
        row = person.app.services.models.read(name)
        return row is not None and bool(row.pending_url) and (before is None or row != before)

    eventually(is_waiting, "the beginning of the training")
    said = interrupt(process)
    forget_faults(person.analyzer)
    return said


@pytest.mark.parametrize(
    ("options", "place"),
    [
        pytest.param([], "formrecognizer/v2.1/custom/models/{}", id="2.1"),
        pytest.param(
            ["--labels", "--api-version", "2023-07-31"],
            "formrecognizer/operations/.+api-version=2023-07-31",
            id="2023-07-31",
        ),
        pytest.param(
            ["--labels", "--api-version", "2024-11-30", "--mode", "neural"],
            "documentintelligence/operations/.+api-version=2024-11-30",
            id="2024-11-30",
        ),
    ],
)
def test_an_interrupted_wait_is_resumed_by_the_same_command(
    person: Person,
    labelled: Path,
    unique: Callable[[str], str],
    eventually: Eventually,
    options: list[str],
    place: str,
) -> None:
    """Nothing is trained twice; documents wait for the model meanwhile."""
    name, trainings = unique("orders"), person.trainings

    said = begun_and_interrupted(person, eventually, "train", name, str(labelled), *options)

    assert "run the same command again" in said
    row = person.model(name)
    assert (row.status, row.model_id) == ("creating", "")
    assert re.fullmatch(f"{person.analyzer.url}/{place.format(row.pending_model_id)}", row.pending_url or "")

    done = person.types("train", name, str(labelled), *options)

    assert f"Waiting for the training of {name} that was begun earlier; nothing is trained twice." in done.stderr
    assert person.trainings == trainings + 1
    ready = person.model(name)
    assert (ready.status, ready.model_id) == ("ready", row.pending_model_id)
    assert (ready.pending_url, ready.pending_model_id, ready.pending_request) == (None, None, None)


def test_a_wait_for_other_files_is_not_resumed(
    person: Person, forms: Path, unique: Callable[[str], str], eventually: Eventually
) -> None:
    """Files changed since, so the model would be another; that is said, and it is trained anew."""
    name, trainings = unique("orders"), person.trainings
    begun_and_interrupted(person, eventually, "train", name, str(forms))
    (forms / "5.pdf").write_bytes(a_pdf("Order no: 801", "Customer: Z Ltd", "Total: 1.00"))

    done = person.types("train", name, str(forms))

    assert "for other files or options; training anew" in done.stderr
    assert person.trainings == trainings + 2
    assert person.model(name).training_documents == 6


def test_a_model_that_is_gone_is_not_waited_for(
    person: Person, forms: Path, unique: Callable[[str], str], eventually: Eventually
) -> None:
    """Someone deleted it at the service meanwhile: it is trained anew."""
    name = unique("orders")
    begun_and_interrupted(person, eventually, "train", name, str(forms))
    lost = person.model(name)
    headers = {"Ocp-Apim-Subscription-Key": person.analyzer.key}
    requests.delete(lost.pending_url or "", headers=headers, timeout=10).raise_for_status()

    done = person.types("train", name, str(forms))

    assert "no longer known to the service; training anew" in done.stderr
    assert person.model(name).model_id not in ("", lost.pending_model_id)


def test_a_name_that_exists_is_read_by_the_old_model_until_the_new_is_ready(
    person: Person, forms: Path, unique: Callable[[str], str], eventually: Eventually
) -> None:
    """And for good when the new one fails."""
    name = unique("orders")
    person.types("train", name, str(forms), "--threshold", "0.7")
    old = person.model(name)
    (forms / "5.pdf").write_bytes((forms / "0.pdf").read_bytes())

    begun_and_interrupted(person, eventually, "train", name, str(forms))
    meanwhile = person.model(name)
    assert (meanwhile.model_id, meanwhile.status) == (old.model_id, "ready")
    assert meanwhile.pending_model_id not in (None, old.model_id)
    assert "ready, another in the making" in person.types("models", "list").stdout

    person.types("train", name, str(forms))
    new = person.model(name)
    assert (new.model_id, new.status, new.threshold) == (meanwhile.pending_model_id, "ready", 0.7)

    for form in forms.iterdir():
        form.write_bytes(b"%PDF-1.4 broken")
    failed = person.types("train", name, str(forms), code=1)
    assert f"The service could not make the model {name}: 2014 " in failed.stderr
    assert person.model(name) == new


def test_a_first_training_that_fails_leaves_invalid_and_why(
    person: Person, forms: Path, unique: Callable[[str], str]
) -> None:
    """A document then fails with that sentence; the useless model is deleted at the service; the table says more."""
    name = unique("orders")
    for form in forms.iterdir():
        form.write_bytes(b"%PDF-1.4 broken")

    done = person.types("train", name, str(forms), code=1)

    assert re.search(r"0\.pdf +│ 0 +│ failed +│ 2005 Unable to read", done.stderr)
    assert "2005: the service could not read that file: save it anew" in done.stderr
    assert "2014: the service found no file" in done.stderr
    row = person.model(name)
    assert (row.status, row.model_id, row.pending_url) == ("invalid", "", None)
    person.app.drop(f"{name}/a.pdf", a_pdf("Order no: 1"))
    person.app.submit(f"{name}/a.pdf")
    document = person.app.document(f"{name}/a.pdf")
    assert (document.status, document.error_code) == ("failed", "UnknownModel")
    assert f"The model {name} is invalid (2014 No valid blobs" in (document.error_message or "")
    shown = person.types("models", "show", name).stdout
    assert "status: invalid" in shown
    assert "why: 2014 No valid blobs" in shown


def test_a_throttled_start_is_repeated(person: Person, forms: Path, unique: Callable[[str], str]) -> None:
    """429 is no failure."""
    name, trainings = unique("orders"), person.trainings
    add_fault(person.analyzer.url, on="train", kind="throttle", times=1)
    person.types("train", name, str(forms))
    assert person.trainings == trainings + 1
    assert person.model(name).status == "ready"


def test_a_wrong_key_of_the_service_is_said_beneath_what_is_known(person: Person, unique: Callable[[str], str]) -> None:
    """The exit code is that of a wrong configuration."""
    name = unique("orders")
    person.app.services.models.write(replace(LABELLED(), name=name))

    shown = typed(person.app, "models", "show", name, code=3, FORM_RECOGNIZER_KEY="wrong")
    [row] = rows_of(typed(person.app, "models", "show", name, "--json", code=3, FORM_RECOGNIZER_KEY="wrong"))

    assert "model id: 8d" in shown.stdout.splitlines()
    assert row["ModelId"] == "8d"
    assert "this is only what stands in the table Models" in shown.stderr
    assert "The service answered 401: " in shown.stderr
    assert "look at FORM_RECOGNIZER_KEY" in shown.stderr


def test_models_are_listed_shown_and_deleted(person: Person, forms: Path, unique: Callable[[str], str]) -> None:
    """Here and at the service; one that is gone there is fine; without --yes it asks."""
    name = unique("orders")
    person.types("train", name, str(forms))
    row = person.model(name)

    listed = person.types("models", "list").stdout
    assert re.search(rf"{name} +│ ready +│ 2\.1 +│ 20\d\d-.* │ 5 +│ ", listed)
    shown = person.types("models", "show", name).stdout.splitlines()
    assert f"model id: {row.model_id}" in shown
    assert "API version: 2.1, supported until 15 September 2027" in shown
    assert "threshold: 0.8, the app's" in shown
    assert "keys learned: Customer:, Order no:, Total:" in shown

    person.types("models", "delete", name, code=1)
    assert person.model(name) == row
    assert person.types("models", "delete", name, "--yes").stdout == f"{name} is deleted.\n"
    assert person.app.services.models.read(name) is None
    assert not person.knows(row.model_id)

    person.app.services.models.write(row)
    assert "keys learned" not in person.types("models", "show", name).stdout
    gone = person.types("models", "delete", name, "--yes").stdout
    assert gone == f"{name} is deleted; the service did not have it any more.\n"
    unknown = person.types("models", "delete", name, "--yes", code=1).stderr
    assert unknown == f"No model {name} was trained here; `python -m cli models list` shows those that were.\n"


@pytest.mark.parametrize(
    ("second", "words"),
    [
        pytest.param(LABELLED(api_version="2.0"), "is of API version 2.0, which composes no models; 2.1 and", id="2.0"),
        pytest.param(LABELLED(api_version="2024-11-30"), "would need a classifier", id="2024-11-30"),
        pytest.param(LABELLED(accuracy=None), "was trained without labels", id="without labels"),
        pytest.param(LABELLED(status="creating"), "is creating", id="not ready"),
        pytest.param(LABELLED(api_version="2023-07-31"), "are of API versions 2.1 and 2023-07-31", id="two versions"),
    ],
)
def test_what_cannot_be_composed_is_refused(
    person: Person, unique: Callable[[str], str], second: Model, words: str
) -> None:
    """In a sentence, before the service is asked."""
    one, other = unique("one"), unique("other")
    person.app.services.models.write(replace(LABELLED(), name=one))
    person.app.services.models.write(replace(second, name=other))
    said = person.types("models", "compose", unique("both"), one, other, code=1).stderr
    assert words in said
    assert said.count("\n") == 1
    for name in (one, other):
        person.app.services.models.delete(name)


@pytest.mark.parametrize(
    ("rights", "verb"),
    [
        pytest.param(ContainerSasPermissions(read=True), "list", id="it can't list"),
        pytest.param(ContainerSasPermissions(list=True), "read", id="it can't read"),
        pytest.param(None, "list", id="it is wrong altogether"),
    ],
)
def test_a_signature_is_tried_before_the_service_gets_it(
    person: Person, unique: Callable[[str], str], rights: ContainerSasPermissions | None, verb: str
) -> None:
    """The sentence names the setting, and no signature."""
    form = f"{unique('orders')}/1.pdf"
    person.training.upload_blob(form, b"%PDF-")
    services = person.app.services
    good = container_sas_url(services)
    assert set(re.findall(r"[?&](sp|sr)=(\w+)", good)) == {("sp", "rl"), ("sr", "c")}
    check_signature(good, form.partition("/")[0], form)
    account = BlobServiceClient.from_connection_string(person.app.storage.connection_string)
    signature = (
        generate_container_sas(
            str(account.account_name),
            "training",
            account_key=account.credential.account_key,
            permission=rights,
            expiry=services.now().replace(year=services.now().year + 1),
        )
        if rights
        else "sv=2024-08-04&sr=c&sp=rl&se=2100-01-01T00%3A00%3A00Z&sig=c2VjcmV0"
    )
    bad = f"{good.partition('?')[0]}?{signature}"

    with pytest.raises(WrongSetting, match=f"can't {verb} the container training .*DOCUMENTS_STORAGE") as caught:
        check_signature(bad, form.partition("/")[0], form)

    assert "sig=" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_service_in_azure_cannot_read_this_machines_storage(person: Person) -> None:
    """That is said before it is asked."""
    source = container_sas_url(person.app.services)
    with pytest.raises(WrongSetting, match="can't reach this machine; set DOCUMENTS_STORAGE"):
        check_reach(source, "https://forms.cognitiveservices.azure.com")


@pytest.fixture
def may_be_read(person: Person) -> Iterator[Callable[[], None]]:
    """Lets everyone list and read the container, as a role lets the service's own identity in Azure."""

    def let() -> None:
        person.training.set_container_access_policy(signed_identifiers={}, public_access="container")

    yield let
    person.training.set_container_access_policy(signed_identifiers={})


@pytest.mark.parametrize(("version", "code"), [("2.1", "2012"), ("2023-07-31", "ContentSourceNotAccessible")])
def test_the_service_reads_by_its_own_identity_when_it_gets_no_signature(
    person: Person,
    labelled: Path,
    unique: Callable[[str], str],
    may_be_read: Callable[[], None],
    version: str,
    code: str,
) -> None:
    """Without a right of its own it can't, which shows that no signature was sent, and what to do is said."""
    words = ("train", unique("orders"), str(labelled), "--labels", "--api-version", version, "--without-signature")

    refused = person.types(*words, code=1)
    may_be_read()
    done = person.types(*words)

    assert code in refused.stderr
    assert "by its own identity it needs the role Storage Blob Data Reader" in re.sub(r"\s+", " ", refused.stderr)
    assert done.stdout.startswith(f"{words[1]} is ready")


@pytest.fixture
def labelled(forms: Path) -> Path:
    """The five forms with what the labeling tools write beside them: the number and the total are labelled."""
    fields = [("Number", "integer"), ("Total", "number")]
    plain = [{"fieldKey": name, "fieldType": kind, "fieldFormat": "not-specified"} for name, kind in fields]
    (forms / "fields.json").write_text(json.dumps({"fields": plain}))
    for number, form in enumerate(sorted(forms.glob("*.pdf"))):
        labels = [_label(form, "Number", str(700 + number)), _label(form, "Total", f"{number}9.00")]
        (forms / f"{form.name}.labels.json").write_text(json.dumps({"document": form.name, "labels": labels}))
        (forms / f"{form.name}.ocr.json").write_text(json.dumps({"status": "succeeded", "analyzeResult": {}}))
    return forms


def _label(form: Path, name: str, text: str) -> dict[str, object]:
    """A label on the word `text`, with its box in shares of the page."""
    with pdfplumber.open(form) as pdf:
        page = pdf.pages[0]
        (word,) = [word for word in page.extract_words() if word["text"] == text]
        left, right = float(word["x0"] / page.width), float(word["x1"] / page.width)
        top, bottom = float(word["top"] / page.height), float(word["bottom"] / page.height)
    box = [left, top, right, top, right, bottom, left, bottom]
    return {"label": name, "key": None, "value": [{"page": 1, "text": text, "boundingBoxes": [box]}]}


def read(person: Person, path: str, eventually: Eventually) -> dict[str, object]:
    """What stands in `Fields` of a new form: the number of each named field."""
    person.app.drop(path, a_pdf("Order no: 812", "Customer: Y Ltd", "Total: 64.50"))
    person.app.submit(path)

    def is_analyzed() -> bool:
        person.app.poll(path)
        return person.app.document(path).status == "storing"

    eventually(is_analyzed, f"the analysis of {path}")
    person.app.store(path)
    assert person.app.document(path).status == "succeeded"
    return {row["Name"]: row.get("Number") for row in person.app.fields(path) if row["Kind"] == "field"}


EVERY_VERSION = ("2.0", "2.1", "2023-07-31", "2024-11-30")


@pytest.mark.parametrize("version", EVERY_VERSION)
def test_labelled_forms_become_a_model_that_reads_their_fields(
    person: Person, labelled: Path, unique: Callable[[str], str], eventually: Eventually, version: str
) -> None:
    """In every version: trained, shown with accuracy, read with, and deleted."""
    name = unique("labelled")

    done = person.types("train", name, str(labelled), "--labels", "--api-version", version)

    assert re.search(r"Total +│ 100\.0 %", done.stderr)
    row = person.model(name)
    assert (row.status, row.api_version, row.field_names, row.training_documents) == (
        "ready",
        version,
        "Number, Total",
        5,
    )
    assert row.accuracy == 1.0
    if version > "2023":
        assert re.fullmatch(rf"{name}-\d{{14}}", row.model_id)
    assert read(person, f"{name}/new.pdf", eventually) == {"Number": 812.0, "Total": 64.5}
    shown = person.types("models", "show", name).stdout
    assert re.search(r"Number +│ 100\.0 %", shown)
    assert ("\nends: 20" in shown) == (version > "2023")
    assert person.types("models", "delete", name, "--yes").stdout == f"{name} is deleted.\n"
    person.app.services.models.write(row)
    assert "did not have it any more" in person.types("models", "delete", name, "--yes").stdout


@pytest.mark.parametrize("version", ["2.1", "2023-07-31"])
def test_labelled_models_are_composed(
    person: Person, labelled: Path, unique: Callable[[str], str], eventually: Eventually, version: str
) -> None:
    """One name for both; the row adds up the documents."""
    parts, both = [unique("part"), unique("part")], unique("both")
    for part in parts:
        person.types("train", part, str(labelled), "--labels", "--api-version", version)

    done = person.types("models", "compose", both, *parts)

    assert done.stdout == f"{both} is ready: drop files into documents/{both}/\n"
    row = person.model(both)
    assert (row.status, row.api_version, row.training_documents) == ("ready", version, 10)
    assert row.model_id not in {person.model(part).model_id for part in parts}
    assert read(person, f"{both}/new.pdf", eventually) == {"Number": 812.0, "Total": 64.5}


def test_a_build_that_fails_is_told_file_by_file(person: Person, labelled: Path, unique: Callable[[str], str]) -> None:
    """From 2023 on the service reports on a file only when it fails; what was sent is listed all the same."""
    name = unique("labelled")
    with scripted_service() as service:
        service.operation_location = f"{service.url}/formrecognizer/operations/31_1?api-version=2023-07-31"
        details = [{"code": "InvalidContent", "message": "Corrupted.", "target": f"{name}/3.pdf"}]
        inner = {"code": "ModelBuildError", "message": "Could not build the model."}
        error = {"code": "InvalidRequest", "message": "Invalid.", "innererror": inner, "details": details}
        service.will_answer((200, {"status": "running"}), (200, {"status": "failed", "error": error}), (404, b""))
        environment = {**person.environment, "FORM_RECOGNIZER_ENDPOINT": service.url}

        someone = replace(person, environment=environment)
        done = someone.types("train", name, str(labelled), "--labels", "--api-version", "2023-07-31", code=1)

        ((path, body),) = service.posts
    assert path == "/formrecognizer/documentModels:build?api-version=2023-07-31"
    asked = json.loads(body)
    assert re.fullmatch(rf"{name}-\d{{14}}", asked["modelId"])
    assert asked["azureBlobSource"]["prefix"] == f"{name}/"
    assert asked["azureBlobSource"]["containerUrl"].startswith(f"{person.training.url}?")
    assert re.search(r"3\.pdf +│ 1 +│ sent +│ .*InvalidContent", done.stderr)
    assert re.search(r"4\.pdf +│ 1 +│ sent +│ +│", done.stderr)
    assert "InvalidContent: the service could not read that file" in done.stderr
    assert f"could not make the model {name}: ModelBuildError Could not build the model.;" in done.stderr
    assert person.model(name).status == "invalid"
    assert person.stored(f"{name}/").keys() == {f"{name}/{path.name}" for path in labelled.iterdir()}
