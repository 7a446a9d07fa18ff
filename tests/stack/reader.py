"""Someone at a terminal, without the seconds that each new process takes."""

from __future__ import annotations

import subprocess

from typer.testing import CliRunner

from cli import commands
from tests.stack.person import Person


class Reader(Person):
    """A person whose commands run in this process."""

    def types(self, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Runs a command to its end, which must be this exit code."""
        done = CliRunner().invoke(commands.app, words, env=self.environment)
        assert done.exit_code == code, done.output
        return subprocess.CompletedProcess(words, done.exit_code, done.stdout, done.stderr)
