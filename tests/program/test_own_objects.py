"""What each run of a handler makes for itself no other run has; what it keeps, or starts tasks on, is shared."""

from __future__ import annotations

import pytest

from awaitomic.model.finding import Confidence
from awaitomic.rules import find
from program.reading import program_of

APP = """
from aiohttp import web

class Job:
    def __init__(self):
        self.done = 0

    async def step(self):
        before = self.done
        await asyncio.sleep(0)
        self.done = show(before)

    {extra}

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        pass

routes = web.RouteTableDef()
jobs: dict[int, Job] = {{}}
kept = {kept}

async def _use(job: Job):
    await job.step()

@routes.get("/")
async def _handle(request):
    {body}
"""


BOTH = "async def both(self):\n        await asyncio.gather(self.step(), self.step())"


def told(*lines: str, kept: str = "None") -> Confidence | None:
    extra = BOTH if any("both" in line for line in lines) else ""
    found = find(program_of(APP.format(body="\n    ".join(lines), kept=kept, extra=extra)))
    return max((finding.confidence for finding in found), default=None)


@pytest.mark.parametrize(
    "lines",
    [
        ["job = Job()", "await job.step()"],
        ["await Job().step()"],
        ["async with Job() as job:", "    await job.step()"],
        ["job = Job()", "await _use(job)"],
    ],
    ids=["made", "made on the spot", "entered", "handed to a helper"],
)
def test_what_each_run_makes_is_its_own(lines: list[str]) -> None:
    assert told(*lines) in {None, Confidence.POSSIBLE}


@pytest.mark.parametrize(
    ("lines", "kept"),
    [
        (["await kept.step()"], "Job()"),
        (["await _use(kept)"], "Job()"),
        (["job = jobs.get(1)", "if job is None:", "    job = jobs[1] = Job()", "await job.step()"], "None"),
        (["job = Job()", "await job.both()"], "None"),
    ],
    ids=["kept", "kept and handed to a helper", "put into a table", "tasks of its own"],
)
def test_what_others_have_is_not(lines: list[str], kept: str) -> None:
    found = told(*lines, kept=kept)
    assert found is not None
    assert found >= Confidence.LIKELY


NESTED = """
from aiohttp import web

def create(app):
    served = {"n": 0}

    async def handle(request):
        before = served["n"]
        await asyncio.sleep(0)
        served["n"] = show(before)

    app.router.add_get("/", handle)
"""


def test_a_function_in_a_function_can_be_a_handler() -> None:
    (finding,) = find(program_of(NESTED))
    assert finding.confidence is Confidence.LIKELY
    assert finding.evidence[0] == "aiohttp runs `create.handle` in a task for each request or event"
