"""What the tests of the command line need, those of the documents need, too."""

from cli.conftest import _plain_output, tree

__all__ = ["_plain_output", "tree"]
