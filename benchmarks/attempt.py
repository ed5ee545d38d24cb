"""The attempt that is measured: a bank with credentials, one source, and a code by SMS."""

from typing import Final

CONNECTOR: Final = "07d76adf-ae35-5b38-aca8-67aafba13169"
"""The simulator's plain test connector."""

VALUES: Final = {"login": "sms", "password": "987654", "code": "123456"}
"""What the end user fills in, by field name; the login asks the simulator for a code by SMS."""
