"""Who normally uses an object, by the names of its class and bases."""

from __future__ import annotations

import pytest

from awaitomic.knowledge.owners import has_one_owner


@pytest.mark.parametrize(
    ("name", "bases", "one"),
    [
        ("Cursor", (), True),
        ("CursorWrapper", (), True),
        ("Pool", ("aiohttp.web.View",), True),
        ("WireProtocol", (), True),
        ("LockManager", ("net.WireProtocol",), True),
        ("LockManager", ("Protocol",), False),
        ("LockManager", ("typing.Protocol",), False),
        ("LockManager", (), False),
    ],
)
def test_a_kind_of_its_own_or_of_a_base_and_no_way_of_writing_it_down(
    name: str, bases: tuple[str, ...], one: bool
) -> None:
    assert has_one_owner(name, bases) is one
