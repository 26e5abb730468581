"""Where ``import asyncio`` goes: among the imports at the head of the file, in their order, and only if missing."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from awaitomic.model.plan import AddImport, Plan
from awaitomic.patching.execute import execute
from patching.plans import difference

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

CASES = {
    "into a sorted group": (
        "asyncio",
        '''\
        """Doc."""

        from __future__ import annotations

        import abc
        import os
        from typing import Any

        import attr

        from . import local
        ''',
    ),
    "before the first of a sorted group, below its heading": (
        "asyncio",
        """\
        # Standard library
        import os
        import sys
        """,
    ),
    "below the heading of a group in the middle": (
        "anyio",
        """\
        import os

        # Third party
        import attr
        """,
    ),
    "sorted by module name whatever the form": (
        "asyncio",
        """\
        import abc
        from collections import deque
        import os
        """,
    ),
    "at the end of a group that is not sorted": (
        "asyncio",
        """\
        import sys
        import os
        import abc
        x = 1
        """,
    ),
    "between the standard library and the package's own": (
        "trio",
        """\
        import os

        from .a import b
        """,
    ),
    "a group of its own before third-party imports": (
        "asyncio",
        '''\
        """Doc."""
        import attr


        class A: ...
        ''',
    ),
    "behind a future import": (
        "asyncio",
        """\
        from __future__ import annotations

        x = 1
        """,
    ),
    "behind a future import in the same group": (
        "asyncio",
        """\
        from __future__ import annotations
        import os
        """,
    ),
    "behind a docstring": ("asyncio", '"""Doc."""\nclass A: ...\n'),
    "below the licence": ("asyncio", "#!/usr/bin/python\n# Licence\n\nx = 1\n"),
    "below a licence that touches the code": ("asyncio", "# Licence\ndef f(): ...\n"),
    "into a file of comments": ("asyncio", "# nothing\n"),
    "into an empty file": ("asyncio", ""),
    "not inside TYPE_CHECKING or try": (
        "asyncio",
        """\
        from typing import TYPE_CHECKING
        try:
            import asyncio
        except ImportError:
            asyncio = None
        if TYPE_CHECKING:
            import asyncio
        """,
    ),
    "another name for it does not count": ("asyncio", "import asyncio as aio\nfrom asyncio import sleep\n"),
    "behind a line of two imports": ("re", "import os; import random\nimport sys\n"),
    "with the line end of its neighbours": ("asyncio", "import os\r\nx = 1\n"),
    "nothing if it is there": ("asyncio", "import os, asyncio\n"),
    "nothing if a submodule of it is there": ("asyncio", "import asyncio.subprocess\n"),
    "nothing if it comes late": ("asyncio", "import os\nos.environ['x'] = '1'\nimport asyncio\n"),
}


@pytest.mark.parametrize("case", CASES)
def test_an_import_goes(case: str, snapshot: SnapshotAssertion) -> None:
    module, source = CASES[case]
    text = dedent(source)
    assert difference(text, execute(text, Plan((AddImport(module),)))) == snapshot
