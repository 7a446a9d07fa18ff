"""`upload`: files go into the container, what could never be read stays at home, each is followed to its end."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
import tracemalloc
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pypdf
import pytest

from cli.advice import WHAT_TO_DO
from cli.upload import following, wait
from cli.upload.following import look
from cli.upload.uploading import Dropped
from shared.documents import failed
from shared.models import Model
from shared.storage.clients import PIECE_BYTES
from tests.stack.app import App, a_pdf
from tests.stack.person import ROOT
from tests.stack.typed import environment_of, rows_of, typed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Eventually
    from tests.stack.scripted_service import ScriptedService

A_BMP = b"BM" + bytes(60)


@pytest.fixture
def folder(unique: Callable[[str], str]) -> str:
    """A folder of the container that no other test uses."""
    return unique("folder")


@pytest.fixture
def forms(tmp_path: Path) -> Path:
    """Three files on this machine."""
    forms = tmp_path / "forms"
    (forms / "old").mkdir(parents=True)
    for name in ("a.pdf", "b.pdf", "old/c.pdf"):
        (forms / name).write_bytes(a_pdf(name, str(tmp_path)))
    return forms


def locked_pdf() -> bytes:
    """A PDF that asks for a password."""
    made = io.BytesIO()
    pdf = pypdf.PdfWriter(clone_from=io.BytesIO(a_pdf("locked")))
    pdf.encrypt("secret")
    pdf.write(made)
    return made.getvalue()


@contextmanager
def reads(app: App, *paths: str, but_fails: tuple[str, ...] = ()) -> Iterator[None]:
    """An app that reads these files when they are dropped, beside the block; some of them fail."""

    def read() -> None:
        for path in paths:
            while not app.files.get_blob_client(path).exists():
                pass
            app.submit(path)
            if path in but_fails:
                app.services.documents.write(failed(app.document(path), "InvalidImage", "It is \x1b[2Jbroken."))
            else:
                app.poll(path)
                app.store(path)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    yield
    thread.join()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks again at once."""
    monkeypatch.setattr(wait, "PAUSE_SECONDS", 0.01)


# --- uploading -----------------------------------------------------------------------------------------------------


def test_a_folder_is_uploaded_once(app: App, forms: Path, folder: str) -> None:
    """With its structure, its bytes and their type; what is there unchanged is left alone, so it is not read anew."""
    first = typed(app, "upload", str(forms), "--to", folder)

    assert first.stdout.splitlines() == [f"{folder}/{name}" for name in ("a.pdf", "b.pdf", "old/c.pdf")]
    assert first.stderr.splitlines() == [
        f"No model is called '{folder}': its files are read by prebuilt-layout (DEFAULT_MODEL).",
        "3 uploaded.",
    ]
    blobs = {blob.name: blob for blob in app.files.list_blobs(f"{folder}/")}
    for name in ("a.pdf", "b.pdf", "old/c.pdf"):
        blob = blobs[f"{folder}/{name}"]
        assert app.files.download_blob(blob.name).readall() == (forms / name).read_bytes()
        assert blob.content_settings.content_type == "application/pdf"

    (forms / "b.pdf").write_bytes(a_pdf("other", folder))
    again = rows_of(typed(app, "upload", str(forms), "--to", f"/{folder}/", "--json"))

    assert [row["Upload"] for row in again] == ["unchanged", "uploaded", "unchanged"]
    after = {blob.name: blob.etag.strip('"') for blob in app.files.list_blobs(f"{folder}/")}
    assert {row["Path"]: row["ETag"] for row in again} == after
    kept = [path for path, etag in after.items() if etag == blobs[path].etag.strip('"')]
    assert kept == [f"{folder}/a.pdf", f"{folder}/old/c.pdf"]


def test_what_could_never_be_read_stays_at_home(app: App, forms: Path, folder: str) -> None:
    """Each with a sentence; the others are uploaded, and the exit code says that not all were."""
    contents = {
        "empty.pdf": b"",
        "note.pdf": b"no form at all",
        "locked.pdf": locked_pdf(),
        "line\nbreak.pdf": b"%PDF-",
    }
    for name, content in contents.items():
        (forms / name).write_bytes(content)

    done = typed(app, "upload", str(forms), "--to", folder, code=1)

    assert done.stdout.splitlines() == [f"{folder}/{name}" for name in ("a.pdf", "b.pdf", "old/c.pdf")]
    assert len(list(app.files.list_blobs(f"{folder}/"))) == 3
    lines = done.stderr.splitlines()
    for name, reason in (
        ("empty.pdf", "The file has no bytes"),
        ("line\\nbreak.pdf", "Azure can't hold a file of this name: it has a control character; rename it."),
        ("locked.pdf", "The PDF needs a password"),
        ("note.pdf", "Its content is not PDF"),
    ):
        [line] = [line for line in lines if f"{name} was not uploaded. " in line]
        assert reason in line
    assert lines[-1] == "Of 7 files 4 not uploaded; the reasons are above."
    rows = rows_of(typed(app, "upload", str(forms), "--to", folder, "--json", code=1))
    assert {row["ErrorCode"] for row in rows if row["Upload"] == "refused"} == {
        *("EmptyFile", "UnsupportedType", "EncryptedPdf", "BadName")
    }


@pytest.mark.parametrize(("version", "code"), [("2.0", 1), ("2.1", 0)])
def test_the_model_of_the_folder_decides_what_can_be_read(
    app: App, tmp_path: Path, unique: Callable[[str], str], version: str, code: int
) -> None:
    """A bitmap is read from 2.1 on, and a trained model remembers its version."""
    name = unique("orders")
    app.services.models.write(Model(name, "8d", api_version=version, status="ready"))
    (tmp_path / "a.bmp").write_bytes(A_BMP)

    done = typed(app, "upload", str(tmp_path / "a.bmp"), "--to", name, code=code)

    assert "DEFAULT_MODEL" not in done.stderr


def test_a_folder_that_no_model_reads_is_said_at_once(app: App, forms: Path) -> None:
    """With the names of those that there are."""
    done = typed(app, "upload", str(forms), "--to", "prebuilt-invoce", code=1)
    assert "There is no model prebuilt-invoce" in done.stderr
    assert "prebuilt-invoice" in done.stderr
    assert not done.stdout


def test_a_large_file_is_never_whole_in_memory(app: App, tmp_path: Path, folder: str) -> None:
    """It goes in pieces, a few at a time, and arrives as it is."""
    content = b"%PDF-1.7" + bytes(range(256)) * (10 * PIECE_BYTES // 256)
    (tmp_path / "large.pdf").write_bytes(content)
    tracemalloc.start()
    try:
        typed(app, "upload", str(tmp_path / "large.pdf"), "--to", folder)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The content itself is not counted: it was there before.
    assert peak < 8 * PIECE_BYTES
    assert app.files.download_blob(f"{folder}/large.pdf").readall() == content


def test_one_file_that_storage_refuses_does_not_stop_the_others(app: App, forms: Path, folder: str) -> None:
    """Such as one that somebody holds a lease on."""
    app.drop(f"{folder}/b.pdf", b"held")
    lease = app.files.get_blob_client(f"{folder}/b.pdf").acquire_lease(60)
    try:
        done = typed(app, "upload", str(forms), "--to", folder, code=1)
    finally:
        lease.release()
    assert done.stdout.splitlines() == [f"{folder}/a.pdf", f"{folder}/old/c.pdf"]
    assert "b.pdf was not uploaded. Storage refused it: There is currently a lease on the blob" in done.stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        pytest.param(("nowhere.pdf",), 2, "nowhere.pdf", id="no such file"),
        pytest.param(("{empty}",), 1, "There is no file in", id="an empty folder"),
        pytest.param(("{empty}", "--to", "a//b"), 2, "part without a name", id="a folder's name"),
        pytest.param(("{empty}", "--to", ".."), 2, "ends with a dot", id="upwards"),
        pytest.param((), 2, "paths", id="nothing"),
    ],
)
def test_odd_words_get_a_sentence(app: App, tmp_path: Path, words: tuple[str, ...], code: int, said: str) -> None:
    """Before anything is sent."""
    done = typed(app, "upload", *(word.format(empty=tmp_path) for word in words), code=code)
    assert said in " ".join(done.stderr.split())


def test_no_container_is_said_once(app: App, forms: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not a mistake of each file."""
    monkeypatch.setattr("shared.services.DOCUMENTS_CONTAINER", "nowhere")
    done = typed(app, "upload", str(forms), code=1)
    assert done.stderr.count("The specified container does not exist. Look at DOCUMENTS_STORAGE.\n") == 1


@pytest.mark.parametrize("words", [("upload", "README.md"), ("reconcile",), ("train", "orders", "--prefix", "a")])
def test_storage_that_is_not_there_is_asked_once(app: App, words: tuple[str, ...]) -> None:
    """Not again and again for more than a minute before a word is said."""
    with only_answers_first_questions() as (connection_string, asked):
        asked.append("HEAD /a/documents/-")
        done = typed(app, *words, code=1, DOCUMENTS_STORAGE=connection_string)
    assert done.stderr.startswith("Storage did not answer as it should: ")
    assert asked == ["HEAD /a/documents/-"] * 2


def test_ctrl_c_does_not_wait_for_what_is_tried_again(app: App, forms: Path, eventually: Eventually) -> None:
    """Storage went away after the first question. It doesn't speak of files that were uploaded."""
    with only_answers_first_questions() as (connection_string, asked):
        settings = {"DOCUMENTS_STORAGE": connection_string}
        with started(app, "upload", str(forms), "--to", "a b", **settings) as process:
            eventually(lambda: "HEAD /a/documents/a%20b/a.pdf" in asked, "a question about a file")
            process.send_signal(signal.SIGINT)
            # Trying again takes more than a minute.
            _, said = process.communicate(timeout=20)
    assert said.splitlines()[-1] == "Stopped. The same command begins anew."
    assert process.returncode == 130


@contextmanager
def only_answers_first_questions() -> Iterator[tuple[str, list[str]]]:
    """A storage account's connection string, and what it was asked. Twice asked it breaks the connection off."""
    asked: list[str] = []

    class Account(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_new = f"{self.command} {self.path}" not in asked
            asked.append(f"{self.command} {self.path}")
            if is_new and (self.command == "GET" or self.path.endswith("/-")):
                self.send_error(404)
            else:
                self.close_connection = True

        do_HEAD = do_PUT = do_GET  # noqa: N815 - the names are http.server's

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Account) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/a"
        services = (f"{service}Endpoint={url}" for service in ("Blob", "Queue", "Table"))
        try:
            yield f"AccountName=a;AccountKey={'A' * 88};{';'.join(services)}", asked
        finally:
            server.shutdown()


# --- waiting -------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("impatient")
def test_waiting_follows_each_file_to_its_end(app: App, forms: Path, folder: str) -> None:
    """It tells how they move, what failed and why, and what to do; then the exit code is 1."""
    paths = [f"{folder}/{name}" for name in ("a.pdf", "b.pdf", "old/c.pdf")]
    with reads(app, *paths, but_fails=(paths[1],)):
        done = typed(app, "upload", str(forms), "--to", folder, "--wait", code=1)

    assert set(done.stdout.splitlines()[3:]) == {
        f"{paths[0]}: succeeded",
        f"{paths[1]}: failed. InvalidImage: It is \\x1b[2Jbroken. To do: {WHAT_TO_DO['InvalidImage']}.",
        f"{paths[2]}: succeeded",
    }
    assert f"{paths[2]}: not seen yet" in done.stderr.splitlines()
    assert done.stderr.splitlines()[-1] == "Of 3 files 1 not read; the reasons are above."


@pytest.mark.usefixtures("impatient")
def test_the_same_command_waits_on(app: App, forms: Path, folder: str) -> None:
    """What is there already is followed too; a program gets each file's whole row."""
    path = f"{folder}/a.pdf"
    app.drop(path, b"")
    typed(app, "upload", str(forms / "a.pdf"), "--to", folder)
    with reads(app, path):
        done = typed(app, "upload", str(forms / "a.pdf"), "--to", folder, "--wait", "--json")

    uploaded, ended = rows_of(done)
    assert (uploaded["Upload"], ended["Status"], ended["FieldCount"]) == ("unchanged", "succeeded", 1)
    assert ended["ETag"] == uploaded["ETag"]


def test_ctrl_c_stops_the_waiting_and_not_the_reading(
    app: App, forms: Path, folder: str, eventually: Eventually
) -> None:
    """It says so, and how to look."""
    with started(app, "upload", str(forms), "--to", folder, "--wait") as process:
        eventually(lambda: len(list(app.files.list_blobs(f"{folder}/"))) == 3, "three files in the container")
        assert process.stderr is not None
        said = [process.stderr.readline() for _ in range(3)]
        process.send_signal(signal.SIGINT)
        _, rest = process.communicate(timeout=30)
    assert "not seen yet" in said[2]
    assert process.returncode == 130
    assert f"Stopped. What was uploaded goes on being read: `python -m cli status {folder}` shows it." in rest
    assert "Traceback" not in rest


@contextmanager
def started(app: App, *words: str, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """A command as a process of its own."""
    with subprocess.Popen(
        [sys.executable, "-m", "cli", *words],
        cwd=ROOT,
        env={**os.environ, **environment_of(app), **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process


def dropped(app: App, path: str, etag: str) -> Dropped:
    """A file that was dropped a moment ago."""
    return Dropped(ROOT, path, 1, etag, app.services.now(), is_new=True)


def test_a_content_that_nobody_will_read_ends_the_waiting(app: App, path: str) -> None:
    """It was replaced, or deleted, before a function saw it."""
    one = dropped(app, path, app.drop(path, b"first"))
    assert (look(app.services, one).state, look(app.services, one).well) == ("not seen yet", None)
    app.drop(path, b"second")
    assert (look(app.services, one).state, look(app.services, one).well) == ("replaced", False)
    app.files.delete_blob(path)
    assert (look(app.services, one).state, look(app.services, one).well) == ("gone", False)


def test_a_file_that_nobody_sees_gets_a_hint(app: App, path: str) -> None:
    """The app may not run, or watch another storage."""
    one = dropped(app, path, app.drop(path, b"first"))
    assert not look(app.services, one).why
    assert "see that the app runs" in look(app.later(minutes=2).services, one).why


@pytest.mark.usefixtures("impatient")
def test_many_files_have_their_turn(
    app: App, folder: str, service: ScriptedService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that does not move keeps none of the others from being told."""
    monkeypatch.setattr(following, "LOOKS", 2)
    paths = [f"{folder}/{number}.pdf" for number in range(5)]
    files = [dropped(app, path, app.drop(path, a_pdf(path))) for path in paths]
    for path in paths[1:]:
        app.submit(path)
        app.services.documents.write(failed(app.document(path), "InvalidImage", "broken"))
    assert service.posts
    ended: list[str] = []
    rounds = iter(range(10))

    def pause() -> None:
        if len(ended) == 4:
            app.files.delete_blob(paths[0])
        next(rounds)

    for standing in following.follow(app.services, files, pause):
        ended.extend([standing.path] if standing.well is not None else [])
    assert ended == [*paths[1:], paths[0]]
