"""How the shells' losses are made and joined."""

from typing import Literal

from pydantic import Field

from trainables.sections import Section


class LossConfig(Section):
    """How the shells' losses are joined, and how each is made."""

    kind: Literal["plain", "pareto_consistent", "mgda", "upgrad", "cagrad"] = Field(
        default="pareto_consistent",
        description="plain: the sum of the admitted shells; pareto_consistent: smooth Tchebycheff; "
        "mgda, upgrad, cagrad: weights from the shells' gradients, one more backward pass each.",
    )
    dice: Literal["squared", "semimetric"] = Field(
        default="squared",
        description="squared: soft Dice of squares, smooth where it is least; semimetric: of "
        "absolute differences (DML1), with a kink there.",
    )
    smoothing: float = Field(
        default=1.0,
        gt=0,
        allow_inf_nan=False,
        description="Voxels added to both sides of the Dice ratio; above 0. Where a patch holds "
        "nothing of a region, it is the number of voxels predicted there that counts as half an "
        "error: near 0, one counts as all.",
    )
    tau: float = Field(
        default=1.0,
        ge=1e-6,
        description="Smoothing; from 1e-6, useful from 0.02 to 10 (log), or inf (a weighted sum). "
        "The smaller, the more the worst shell leads.",
    )
    normalisation: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="Power r of the reference losses that the shells' are divided by; 0 to 1.",
    )
    boundary_preference: float = Field(
        default=1.0,
        ge=0.25,
        le=4,
        description="Preference l of the boundary's shells over the interior; 0.25 to 4 (log). "
        "mgda knows none.",
    )
    gamma: float = Field(
        default=1.0,
        ge=0,
        allow_inf_nan=False,
        description="Weight of the cross-entropy against Dice; at least 0, useful from 0.25 to 4.",
    )
    reference_steps: int = Field(
        default=20,
        ge=1,
        description="Steps W whose mean loss is a shell's reference.",
    )
    reference_delay: int = Field(
        default=50,
        ge=0,
        description="Steps after a shell's admission that pass before its reference is taken: "
        "until far background is learned.",
    )
    caution: float = Field(
        default=0.5,
        ge=0,
        lt=1,
        description="Radius c of cagrad, as a part of the mean gradient; 0 (the mean) to below 1.",
    )
    max_ratio: float = Field(
        default=10.0,
        ge=1,
        description="Largest factor between two shells' adaptive weights; 1 (none) to inf.",
    )
