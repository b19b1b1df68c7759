"""Why a piece is no lesion, where no person points at it: each rule with its name."""

from __future__ import annotations

from collections.abc import Callable

from tilscope.models.lesions.traits import VESSEL_THICKNESS_MM, Traits

#: More of it outside the breast than this: skin, nipple, heart or a node of the armpit. A cancer at the chest wall may reach
#: beyond the border, which is found to a few millimetres.
MOST_BEYOND = 0.4

#: A vessel is thin, and either long or less so and curved like a tube.
STRING_COMPACTNESS = 0.5
#: Where vessels branch or run side by side they are thicker together, and longer still.
BUNDLE_THICKNESS_MM, BUNDLE_COMPACTNESS = 9.0, 0.3
TUBE_COMPACTNESS, TUBE_TUBULARITY = 0.7, 0.55

#: BI-RADS calls an enhancement under 5 mm a focus, too small for its shape to be judged; with the rounding of voxels that is
#: a piece under 6 mm. On phantoms vessels that do not look like vessels (compactness above 0.5) all were smaller.
FOCUS_MM = 6.0

#: Under this size there are too few voxels to show anything but whether a piece is round. Crumbs of enhancing gland are
#: not: on phantoms without a lesion they had a compactness of 0.68 at most, lesions of this size one of 0.77 at least.
SMALL_MM = 8.0
ROUND_COMPACTNESS = 0.7

#: More of it beside the breast than this: a node of the armpit.
MOST_IN_ARMPIT = 0.5

RULES: dict[str, Callable[[Traits], bool]] = {
    "goes on outside the breast": lambda traits: traits.beyond > MOST_BEYOND,
    "node of the armpit": lambda traits: traits.in_armpit > MOST_IN_ARMPIT,
    "vessel": lambda traits: traits.thickness_mm < VESSEL_THICKNESS_MM and _like_a_vessel(traits),
    "vessels": lambda traits: traits.thickness_mm < BUNDLE_THICKNESS_MM and traits.compactness < BUNDLE_COMPACTNESS,
    "focus": lambda traits: traits.diameter_mm < FOCUS_MM,
    "small and not round": lambda traits: traits.diameter_mm < SMALL_MM and traits.compactness < ROUND_COMPACTNESS,
}


def _like_a_vessel(traits: Traits) -> bool:
    tube = traits.compactness < TUBE_COMPACTNESS and traits.tubularity > TUBE_TUBULARITY
    return tube or traits.compactness < STRING_COMPACTNESS


def why_not(traits: Traits) -> str | None:
    """The first rule that excludes it; None for what may be a lesion."""
    return next((name for name, speaks in RULES.items() if speaks(traits)), None)
