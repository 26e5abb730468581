"""Shell completion: what is offered, through click and through a real bash."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from awaitomic.cli import main
from awaitomic.cli.completion import SHELLS, VARIABLE
from awaitomic.knowledge.codes import REMEDY_NAMES, RULE_NAMES
from cli.running import SOURCE, run


def offered(*words: str) -> list[str]:
    """Give what can stand in the place of the last word."""
    *before, last = words
    found = ShellComplete(main, {}, "awaitomic", VARIABLE).get_completions(before, last)
    return [item.value for item in found]


def test_commands_and_options() -> None:
    assert set(offered("co")) == {"config", "completion"}
    assert "--select" in offered("check", "--se")
    assert "--diff" in offered("fix", "--")
    assert offered("completion", "z") == ["zsh"]
    assert offered("check", "--confidence", "") == ["certain", "likely", "possible"]


@pytest.mark.parametrize("option", ["--select", "--ignore", "--extend-select", "--fixable", "--unfixable"])
def test_codes_of_rules_are_completed_word_by_word(option: str) -> None:
    assert offered("check", option, "") == [*RULE_NAMES, "ALL"]
    assert offered("check", option, "awa30") == ["AWA301", "AWA302", "AWA303"]
    assert offered("fix", option, "AWA101,AWA10") == [f"AWA101,{code}" for code in RULE_NAMES if code[:5] == "AWA10"]
    assert offered("check", option, "x") == []


def test_remedies_and_what_can_be_explained() -> None:
    assert offered("check", "--strategy", "no-s") == [f"no-{each}" for each in REMEDY_NAMES if each.startswith("s")]
    assert offered("explain", "AWA10")[0] == "AWA101"
    assert offered("explain", "stale") == ["stale-write"]
    assert offered("explain", "AWA101", "hoi") == ["hoist"]


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_for_a_shell(shell: str) -> None:
    done = run("completion", shell)
    assert done.exit_code == 0
    assert f"{VARIABLE}={shell}_complete" in done.stdout
    assert done.stderr == ""


def _bash() -> str | None:
    found = shutil.which("bash")
    if found is None:
        return None
    asked = subprocess.run([found, "--norc", "-c", "echo ${BASH_VERSINFO[0]}"], capture_output=True, check=False)
    return found if asked.stdout.strip().isdigit() and int(asked.stdout) > 4 else None


BASH = _bash()


@pytest.mark.skipif(BASH is None, reason="there is no bash of version 5 or later")
def test_a_real_bash_completes(tmp_path: Path) -> None:
    assert BASH is not None
    program = tmp_path / "awaitomic"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m awaitomic "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    script = """
eval "$(awaitomic completion bash)"
complete -p awaitomic
COMP_WORDS=(awaitomic check --select AWA101,AWA30)
COMP_CWORD=3
_awaitomic_completion awaitomic
printf '%s\\n' "${COMPREPLY[@]}"
"""
    environment = {
        **os.environ,
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(SOURCE),
    }
    done = subprocess.run(
        [BASH, "--norc", "-c", script], env=environment, capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.stderr == ""
    told, *words = done.stdout.splitlines()
    assert told.endswith("_awaitomic_completion awaitomic")
    assert words == ["AWA101,AWA301", "AWA101,AWA302", "AWA101,AWA303"]
