"""The command line, `powens-flow`. Needs the extra `cli`; nothing else imports it."""

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; answers the exit status (2: it was called wrongly)."""
    try:
        import click  # noqa: F401, PLC0415 - only asked whether it is here
        import rich  # noqa: F401, PLC0415
    except ImportError:
        print(
            "powens-flow: the command line needs the extra `cli`: pip install 'powens-flow[cli]'",
            file=sys.stderr,
        )
        return 1
    from powens_flow.cli.app import run  # noqa: PLC0415 - it needs what was just looked for

    return run(arguments)
