"""Our own mistakes: what is said when awaitomic fails on a file, so that the other files still go on."""

from __future__ import annotations

from dataclasses import dataclass

from awaitomic.report.shell import quoted


@dataclass(frozen=True, slots=True)
class Fault:
    """An internal fault in one file: `error` in one line, `details` the traceback (empty if the process died)."""

    path: str
    error: str
    details: str = ""

    @property
    def message(self) -> str:
        """What the report says of the file."""
        return f"internal fault of awaitomic: {self.error}; the file is untouched"

    @property
    def advice(self) -> str:
        """How to report it."""
        command = f"awaitomic check --jobs 1 --verbose {quoted(self.path)}"
        return f"please report this to awaitomic's issue tracker with the file and the output of: {command}"


def fault_of(path: str, error: BaseException) -> Fault:
    """Describe an exception that nothing in awaitomic expected."""
    import traceback  # noqa: PLC0415 - only where something is wrong

    text = str(error).partition("\n")[0]
    name = type(error).__name__
    return Fault(path, f"{name}: {text}" if text else name, "".join(traceback.format_exception(error)))
