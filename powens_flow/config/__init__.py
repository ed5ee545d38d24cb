"""Configuration from variables and a TOML file, checked as a whole before anything runs.

A variable goes before the file. What there is to say, with its key and its variable, is one table
(`options.OPTIONS`), from which docs/configuration.md is made. Secrets stand in variables, or in
files of their own that the configuration names; never in the TOML file.
"""

from powens_flow.config.errors import ConfigError, Fault
from powens_flow.config.loading import load
from powens_flow.config.options import OPTIONS, Option, table
from powens_flow.config.values import Configuration

__all__ = ["OPTIONS", "ConfigError", "Configuration", "Fault", "Option", "load", "table"]
