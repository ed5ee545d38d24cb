"""`python -m powens_flow` is `powens-flow`."""

import sys

from powens_flow.cli import main

sys.exit(main())
