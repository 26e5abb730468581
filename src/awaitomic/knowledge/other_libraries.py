"""Libraries that are no part of a framework, though some of their decorators and bases have names as those of one."""

from __future__ import annotations

from typing import Final

OTHER_LIBRARIES: Final = frozenset(
    (
        "click asyncclick rich_click typer cyclopts fire invoke "  # commands, groups, options
        "pyee blinker pymitter "  # listeners, events, signals
        "django rest_framework ninja pyramid "  # views, routes
        "sqlalchemy sqlmodel peewee tortoise mongoengine pydantic attr attrs marshmallow "  # bases, options, events
        "zope typing_extensions pytest hypothesis watchdog"
    ).split()
)
"""Top-level packages. Of a package that is in no table it is not known whose its classes are."""

MODEL_BASES: Final = frozenset(
    "BaseModel BaseSettings RootModel GenericModel SQLModel Struct Document EmbeddedDocument DeclarativeBase "
    "MappedAsDataclass".split()
)
"""Bases, by their last names, for whose classes what stands in the body is a field: copied into each instance."""
