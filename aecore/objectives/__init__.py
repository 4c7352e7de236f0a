"""Objectives: sums of named terms, written as the equation."""

from aecore.objectives.codebook import Codebook, Commitment
from aecore.objectives.contractive import JacobianPenalty
from aecore.objectives.critics import PriorCritic
from aecore.objectives.dip import Diagonal, OffDiagonal
from aecore.objectives.importance import ImportanceBound
from aecore.objectives.levels import LevelRate
from aecore.objectives.mmd import IMQ, KERNELS, MMD, RBF, Kernel, mmd2
from aecore.objectives.ms_ssim import StructuralDissimilarity
from aecore.objectives.objective import Adversary, Model, Objective, Term
from aecore.objectives.perceptual import Perceptual
from aecore.objectives.rates import Asked, Prices
from aecore.objectives.schedules import Constant, Cyclical, Ramp, Schedule
from aecore.objectives.sparsity import L1, KLSparsity
from aecore.objectives.terms import KL, CapacityGap, FreeBits, Reconstruction
from aecore.objectives.total_correlation import (
    AggregatePosterior,
    DensityRatioTC,
    DimensionwiseKL,
    MutualInformation,
    TotalCorrelation,
)

__all__ = [
    "IMQ",
    "KERNELS",
    "KL",
    "L1",
    "MMD",
    "RBF",
    "Adversary",
    "AggregatePosterior",
    "Asked",
    "CapacityGap",
    "Codebook",
    "Commitment",
    "Constant",
    "Cyclical",
    "DensityRatioTC",
    "Diagonal",
    "DimensionwiseKL",
    "FreeBits",
    "ImportanceBound",
    "JacobianPenalty",
    "KLSparsity",
    "Kernel",
    "LevelRate",
    "Model",
    "MutualInformation",
    "Objective",
    "OffDiagonal",
    "Perceptual",
    "Prices",
    "PriorCritic",
    "Ramp",
    "Reconstruction",
    "Schedule",
    "StructuralDissimilarity",
    "Term",
    "TotalCorrelation",
    "mmd2",
]
