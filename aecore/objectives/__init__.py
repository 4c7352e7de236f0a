"""Objectives: sums of named terms, written as the equation."""

from aecore.objectives.objective import Adversary, Model, Objective, Term
from aecore.objectives.schedules import Constant, Cyclical, Ramp, Schedule
from aecore.objectives.terms import KL, CapacityGap, FreeBits, Reconstruction

__all__ = [
    "KL",
    "Adversary",
    "CapacityGap",
    "Constant",
    "Cyclical",
    "FreeBits",
    "Model",
    "Objective",
    "Ramp",
    "Reconstruction",
    "Schedule",
    "Term",
]
