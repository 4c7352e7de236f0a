"""Runs: from a configuration to a bundle, interrupted and resumed at will."""

from aecore.runs.config import command, complete, data_options, misplaced, schema
from aecore.runs.run import Run
from aecore.runs.states import interrupted, runs_root

__all__ = ["Run", "command", "complete", "data_options", "interrupted", "misplaced", "runs_root", "schema"]
