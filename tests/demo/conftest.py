"""The demo is also called through the command line, which sets up logging."""

from tests.cli.conftest import logs_as_before

__all__ = ["logs_as_before"]
