"""What runs on GitHub is what runs at the desk."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_ci_runs_the_same_make_targets() -> None:
    """Every `make` of the workflow is a target, and the checks and the tests are among them."""
    workflow = (ROOT / ".github/workflows/ci.yml").read_text()
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    run = set(re.findall(r"run: make ([a-z]+)", workflow))

    assert run <= targets
    assert "check" in run
    assert "run: .ci/run" in workflow
    assert (ROOT / ".ci/run").read_text().splitlines()[-1] == "make test"


def test_ci_runs_on_the_pythons_that_are_promised() -> None:
    """From `requires-python` to the newest that Azure runs."""
    pythons = re.findall(r'"(3\.\d+)"', (ROOT / ".github/workflows/ci.yml").read_text())

    assert set(pythons) == {"3.11", "3.12", "3.13"}
    assert 'requires-python = ">=3.11"' in (ROOT / "pyproject.toml").read_text()


def test_dependabot_looks_where_dependencies_are() -> None:
    """Each directory it watches exists."""
    directories = re.findall(r"directory: /(.*)", (ROOT / ".github/dependabot.yml").read_text())

    assert all((ROOT / directory).is_dir() for directory in directories)
    assert (ROOT / "local/azurite/package-lock.json").exists()
