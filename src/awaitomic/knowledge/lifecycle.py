"""Names of methods that a framework or an owner calls once, one after another: evidence against concurrency."""

from __future__ import annotations

import re

LIFECYCLE = frozenset(
    "__aenter__ __aexit__ __await__ setup teardown async_setup async_setup_entry async_unload_entry async_unload "
    "async_added_to_hass async_will_remove_from_hass async_setup_platform async_remove_entry async_migrate_entry "
    "async_config_entry_first_refresh _async_setup "
    "startup shutdown on_startup on_shutdown on_cleanup on_start on_started on_stop on_stopped lifespan "
    "asyncSetUp asyncTearDown setup_method teardown_method setup_class teardown_class "
    "start stop async_start async_stop run main serve serve_forever run_forever run_until_stopped "
    "async_update cog_load cog_unload setup_hook on_mount on_unmount __aiter__ __anext__ "
    "post_init post_shutdown begin_run connection_made connection_lost".split()
)
"""A method with one of these names runs once, or never beside itself, on one object."""

_LIFECYCLE_PARTS = re.compile(
    r"(?:^|_)(?:lifespan|startup|shutdown|teardown|bootstrap)(?:_|$)|^_?on_(?:start|stop|shut|clos|open|mount|load)"
)
"""Parts of a name that say the same: ``on_started_init_services``, ``proxy_startup_event``."""

OPENS_OR_CLOSES = frozenset(
    "init initialize initialise open close aclose connect disconnect reconnect finalize finalise dispose terminate "
    "kill join login logout restart cleanup clean_up destroy enable disable prepare resume pause drain abort end begin "
    "restore recreate setup_connection close_connection open_connection close_session open_session".split()
)
"""What the owner of an object does with it as a whole, before and after the others use it."""

ENDS = frozenset(
    "cancel close stop abort terminate kill shutdown release disconnect unsubscribe dispose destroy remove set "
    "set_result set_exception".split()
)
"""Methods by which one is done with an object before another takes its place."""

CONSTRUCTION = frozenset(
    "__init__ __new__ __post_init__ __attrs_post_init__ __init_subclass__ __set_name__ __setstate__".split()
)
"""Methods that run before anybody else has the object."""

_COVERS = re.compile(r"^_+|^(?:async|aio|a)_|_async$")


GIVEN_WORK = frozenset({"run", "main", "start", "stop", "serve"})
"""Lifecycle names that are also verbs: with a required argument, ``run(message)`` is called for each piece of work."""


def runs_alone_by_name(name: str) -> bool:
    """Tell whether a function of that name is by convention run once: lifecycle methods and test functions."""
    return name in LIFECYCLE or name.startswith(("test_", "_test")) or bool(_LIFECYCLE_PARTS.search(name))


_STARTS = frozenset("start setup set_up startup start_up bootstrap init initialize initialise".split())


def starts_by_name(name: str) -> bool:
    """Tell whether a function of that name by convention gets an object going, before others use it: ``_start``."""
    return _bare(name) in _STARTS


def opens_or_closes_by_name(name: str) -> bool:
    """Tell whether a function of that name is by convention called by the owner of the object: ``async_connect``."""
    return _bare(name) in OPENS_OR_CLOSES


def _bare(name: str) -> str:
    return _COVERS.sub("", _COVERS.sub("", name))
