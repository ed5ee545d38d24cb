"""The page, the engine and, unless a domain is configured, the simulator: one process to try it in.

What `powens-flow serve` runs. An own backend mounts `powens_flow.web` instead, with its own pages
and its own end users.
"""

from powens_flow.serve.run import CannotListen, Served, serve

__all__ = ["CannotListen", "Served", "serve"]
