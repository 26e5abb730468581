"""Cases of the programs in ``fixtures/save_restore/``: state that is set for a while and put back."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from .case import FixtureCase, Repair, Task


async def _set_timeout(module: ModuleType) -> None:
    module.client.set_timeout(7)


async def _add_hook(module: ModuleType) -> None:
    module.runner.add("metrics")


def _settings(subject: Any) -> dict[str, Any]:  # noqa: ANN401 -- the programs under test are loaded as text
    """Everything that a subject has, but for a lock."""
    return {name: value for name, value in vars(subject).items() if not name.startswith("_")}


def _case(tasks: Mapping[str, Task], subject: str | None, *states: str, repair: Repair = "refused") -> FixtureCase:
    """A case of which the one thing that can set the state as well is a plain function, unless it is repaired."""
    return FixtureCase(
        tasks=tasks,
        state=None if subject is None else lambda module: _settings(getattr(module, subject)),
        findings=tuple(("AWA106", state) for state in states),
        repair=repair if states else None,
        refusal="sync-writer" if states and repair == "refused" else None,
    )


_UPLOAD: dict[str, Task] = {"upload": lambda module: module.client.upload(), "set": _set_timeout}
_WORK: dict[str, Task] = {"work": lambda module: module.console.work()}

CASES: dict[str, FixtureCase] = {
    "save_restore/timeout.py": _case(_UPLOAD, "client", "self.timeout"),
    "save_restore/keep_timeout_given.py": _case(_UPLOAD, "client"),
    "save_restore/hooks_copied.py": _case(
        {"run": lambda module: module.runner.run_with("trace"), "add": _add_hook}, "runner", "self.hooks"
    ),
    "save_restore/two_saved.py": _case(
        {"print": lambda module: module.printer.print_plain()}, "printer", "self.color", "self.width", repair="unsafe"
    ),
    "save_restore/keep_locked.py": _case(
        {"print": lambda module: module.printer.print_narrow(), "set": lambda module: module.printer.set_width(60)},
        "printer",
    ),
    "save_restore/manager.py": _case(_WORK, "console", "self.level"),
    "save_restore/keep_manager_without_waiting.py": _case(_WORK, "console"),
    "save_restore/keep_context_variable.py": _case({"work": lambda module: module.work()}, None),
    "save_restore/keep_restored_at_once.py": _case(_WORK, "console"),
}
