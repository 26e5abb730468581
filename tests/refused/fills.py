"""Why a fill is left to a lock: the first writer of an entry must not win, or no task may be shared."""

from __future__ import annotations

from .case import Refused

ROWS = """
import asyncio
import weakref

answers = []


class Row:
    def __init__(self, number):
        self.number = number
        self.seen = 0


async def load(key):
    answers.append(key)
    number = len(answers)
    await asyncio.sleep(1)
    return f"answer {{number}}"


async def load_first_in_vain(key):
    answers.append(key)
    number = len(answers)
    await asyncio.sleep(1)
    return f"answer {{number}}" if number > 1 else None


async def load_row(key):
    answers.append(key)
    number = len(answers)
    await asyncio.sleep(1)
    return Row(number)


async def load_list(key):
    answers.append(key)
    await asyncio.sleep(1)
    return [len(answers)]


async def load_some(key, size):
    answers.append(key)
    number = len(answers)
    await asyncio.sleep(1)
    if not size:
        raise ValueError(key)
    return number


async def connect(key):
    answers.append(key)
    await asyncio.sleep(1)
    return [key]


async def connect_by(ask):
    answers.append("ask")
    number = len(answers)
    await asyncio.sleep(1)
    return number if number > 1 else await ask(number)


def pick(key):
    return key + str(len(answers))


async def twice(rows):
    return await rows.get("a"), await rows.get("a")


shared = {{}}


class Table:
    def __init__(self):
        self.rows = {{}}

    def __contains__(self, key):
        return key in self.rows

    def __getitem__(self, key):
        return self.rows[key]

    def __setitem__(self, key, row):
        self.rows[key] = row


class Rows:
    def __init__(self, given=None):
        self.rows = {{}}
        self.weak = weakref.WeakValueDictionary()
        self.given = given
        self.locks = {{}}
        self.key = "a"
        self.count = 0
        self.pool = None
        self.tasks = {{}}

{more}    async def get(self, key{parameters}):
{body}

rows = Rows({given})
"""
FILL = "if key not in self.rows:\n    self.rows[key] = await load(key)\nreturn self.rows[key]"
FILLS = "    self.rows[key] = await load(key)"
FIRST_WINS = (
    FILLS,
    "    row = await load(key)\n    self.rows.setdefault(key, row)",
)
FORGET = "async def forget(self, key):\n    await asyncio.sleep(1)\n    self.rows.pop(key, None)"
DROP = "async def drop(self, key):\n    self.locks.pop(key, None)"
SHARED = """\
    async def fill():
        {work}

    task = self.tasks.get(key)
    if task is None:
        task = self.tasks[key] = asyncio.ensure_future(fill())
        task.add_done_callback(lambda _: self.tasks.pop(key))
    await asyncio.shield(task)"""


def _indented(body: str, margin: int = 8) -> str:
    return "".join(" " * margin + line + "\n" if line else "\n" for line in body.split("\n"))


def _rows(
    body: str,
    *instead: tuple[str, str],
    only: str = "setdefault",
    more: str = "",
    given: str = "",
    parameters: str = "",
    ignore: str = "",
    tasks: tuple[str, ...] = ("rows.get('a')",),
    state: str = "rows.rows, rows.count, rows.pool",
    alone: bool = False,
) -> Refused:
    """Give a method `get` that fills; the pieces of `instead` are lines of its body."""
    text = ROWS.format(
        body=_indented(body), more=_indented(more, 4) + "\n" if more else "", given=given, parameters=parameters
    )
    return Refused(
        text=text,
        tasks=tasks,
        state=state,
        only=only,
        ignore=ignore,
        instead=tuple((_indented(old), _indented(new)) for old, new in instead),
        harm=("alone" if alone else "schedule") if instead else None,
    )


CASES = {
    "no-keyed-fill": _rows("if self.pool is None:\n    self.pool = await load(key)\nreturn self.pool"),
    "container-unknown": _rows(
        FILL.replace("self.rows", "self.given"),
        (FILLS.replace("self.rows", "self.given"), FIRST_WINS[1].replace("self.rows", "self.given")),
        given="Table()",
        alone=True,
    ),
    "weak-values": _rows(
        "if key in self.weak:\n    return self.weak[key]\nrow = await load_row(key)\nself.weak[key] = row\nreturn row",
        state="answers",
    ),
    "key-changes": _rows(
        "if pick(key) not in self.rows:\n    self.rows[pick(key)] = await load(key)\nreturn len(self.rows)"
    ),
    "none-is-missing": _rows(
        "if self.rows.get(key) is None:\n    self.rows[key] = await load_first_in_vain(key)\nreturn self.rows[key]",
        (
            "    self.rows[key] = await load_first_in_vain(key)",
            "    row = await load_first_in_vain(key)\n    self.rows.setdefault(key, row)",
        ),
        tasks=("twice(rows)",),
        alone=True,
    ),
    "refilled": _rows(
        "if key not in self.rows or self.rows[key] == 'answer 1':\n    self.rows[key] = await load(key)\n"
        "return self.rows[key]",
        FIRST_WINS,
        tasks=("twice(rows)",),
        alone=True,
    ),
    "not-plain-data": _rows(
        "if key not in self.rows:\n    self.rows[key] = await connect(key)\nreturn self.rows[key]",
        (
            "    self.rows[key] = await connect(key)",
            "    wire = await connect(key)\n    self.rows.setdefault(key, wire)",
        ),
        state="len(rows.rows), len(answers)",
    ),
    "own-value-used": _rows(
        "if key not in self.rows:\n    row = await load(key)\n    name = row.upper()\n    self.rows[key] = row\n"
        "    return name.lower()\nreturn self.rows[key]",
        ("    self.rows[key] = row", "    self.rows.setdefault(key, row)"),
    ),
    "changed-afterwards": _rows(
        "if key not in self.rows:\n    row = await load_list(key)\n    self.rows[key] = row\n    row.append('end')\n"
        "return self.rows[key]",
        ("    self.rows[key] = row", "    row = self.rows.setdefault(key, row)"),
    ),
    "locked-already": _rows(
        "async with self.locks.setdefault(key, asyncio.Lock()):\n    if key not in self.rows:\n"
        "        self.rows[key] = await load(key)\n    return self.rows[key]",
        (
            "        self.rows[key] = await load(key)",
            "        row = await load(key)\n        self.rows.setdefault(key, row)",
        ),
        more=DROP,
        tasks=("rows.get('a')", "rows.drop('a')", "rows.get('a')"),
        state="len(rows.rows), len(answers)",
        ignore="AWA203",
    ),
    "setdefault-shape": _rows(
        "if key in self.rows:\n    return self.rows[key]\nrow = None\ntry:\n    row = await load(key)\n"
        "finally:\n    self.rows[key] = row\nreturn row"
    ),
    "written-elsewhere": _rows(
        FILL,
        (FILLS, SHARED.format(work=FILLS.strip())),
        only="single-flight",
        more=FORGET,
        tasks=("rows.get('a')", "rows.forget('a')"),
    ),
    "differs-by-caller": _rows(
        FILL.replace("load(key)", "load_some(key, size)"),
        (
            "    self.rows[key] = await load_some(key, size)",
            SHARED.format(work="self.rows[key] = await load_some(key, size)"),
        ),
        only="single-flight",
        parameters=", size",
        tasks=("rows.get('a', 0)", "rows.get('a', 1)", "rows.get('a', 1)"),
    ),
    "waits-for-itself": _rows(
        "if self.pool is None:\n    self.pool = await connect_by(self.get)\nreturn self.pool",
        (
            "    self.pool = await connect_by(self.get)",
            SHARED.format(work="self.pool = await connect_by(lambda _: self.get(key))"),
        ),
        only="single-flight",
    ),
    "shared-by-loops": _rows(FILL.replace("self.rows", "shared"), only="single-flight", state="shared"),
    "no-method": _rows(
        f"async def filled():\n{_indented(FILL, 4)}\nreturn await filled()",
        only="single-flight",
    ),
    "single-flight-shape": _rows(
        "if self.pool is not None:\n    return False\nself.pool = await load(key)\nreturn True",
        only="single-flight",
    ),
}
