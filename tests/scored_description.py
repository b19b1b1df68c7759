"""The block for the report of a small scored study: two lesions on one side, one of them with what is not assessed."""

from __future__ import annotations

from tilscope.models.imaging.series import Laterality
from tilscope.models.result import BreastDescription, Description, LesionDescription, Measurement, Missing, Term


def described(imaged: Laterality) -> Description:
    sides = (Laterality.RIGHT, Laterality.LEFT) if imaged is Laterality.BOTH else (imaged,)
    with_lesions = Laterality.LEFT if imaged is Laterality.BOTH else imaged
    return Description(
        lesions=(
            _lesion(1, ("upper outer", "2 o'clock", "middle third"), ("oval", "circumscribed", "rim enhancement")),
            _lesion(2, ("central", None, None), ("irregular", None, None)),
        ),
        breasts=tuple(_breast(side, side is with_lesions) for side in sides),
    )


def _lesion(
    number: int, place: tuple[str, str | None, str | None], form: tuple[str, str | None, str | None]
) -> LesionDescription:
    quadrant, hour, depth = place
    shape, margin, inside = form
    return LesionDescription(
        number=number,
        measurements=(
            Measurement.of("axis_1", "Longest axis", 23.98765432 / number, "mm"),
            Measurement.of("axis_2", "Second axis", 19.5 / number, "mm"),
            Measurement.of("axis_3", "Third axis", 14.25 / number, "mm"),
            Measurement.of("nipple_distance", "Distance to nipple", 41.4142135, "mm"),
            Measurement.of("skin_distance", "Distance to skin", 12.125, "mm"),
            Measurement(
                "chest_wall_distance",
                "Distance to chest wall",
                None,
                "mm",
                Missing.OUT_OF_RANGE,
                "less than 3 mm: for a reader to see",
            ),
            Measurement.of("initial_slow", "Initial phase, slow", 4.5, "%"),
            Measurement.of("initial_medium", "Initial phase, medium", 20.5, "%"),
            Measurement.of("initial_fast", "Initial phase, fast", 75.0, "%"),
            Measurement.of("delayed_persistent", "Delayed phase, persistent", 10.0, "%"),
            Measurement.of("delayed_plateau", "Delayed phase, plateau", 30.0, "%"),
            Measurement.of("delayed_washout", "Delayed phase, washout", 60.0, "%"),
        ),
        terms=(
            Term(
                "quadrant",
                "Quadrant",
                quadrant,
                "of its middle, 24 mm from the line through the nipple; central below 10 mm",
            ),
            Term(
                "clock_face",
                "Clock face",
                hour,
                "24 mm from the line through the nipple" if hour else "none in the centre",
            ),
            Term(
                "depth",
                "Depth",
                depth,
                "45 % of the way to the chest wall" if depth else "no chest wall is seen behind it",
            ),
            Term("lesion_type", "Type", "mass", "fills 0.91 of its hull; mass from 0.5"),
            Term("shape", "Shape", shape, "fills 0.91 of its hull, irregular below 0.7"),
            Term("margin", "Margin", margin, "fills 0.91 of its hull, circumscribed from 0.85"),
            Term("internal_enhancement", "Internal enhancement", inside, "rim over core 1.45, rim from 1.3"),
            Term("initial_phase", "Initial phase", "fast", "voxels: slow 4 %, medium 20 %, fast 75 %"),
            Term("delayed_phase", "Delayed phase", "washout", "voxels above 50 % enhancement: washout 60 %"),
            Term(
                "worst_curve",
                "Worst curve",
                "washout",
                "of the clusters of at least 0.03 cm3: the largest measures 1.2 cm3",
            ),
        ),
    )


def _breast(side: Laterality, has_lesions: bool) -> BreastDescription:
    extent = (Measurement.of("extent", "Extent of all lesions", 47.5, "mm"),) if has_lesions else ()
    return BreastDescription(
        laterality=side.value,
        measurements=(
            Measurement.of("fgt_amount", "Fibroglandular tissue of this breast", 16.129032, "%"),
            Measurement.of("bpe_share", "Fibroglandular tissue that enhances", 31.25, "%"),
            *extent,
        ),
        terms=(
            Term(
                "fgt",
                "Amount of fibroglandular tissue",
                "b (scattered fibroglandular tissue)",
                "16 % of the breast; borders 12, 22, 35 %",
            ),
            Term(
                "bpe",
                "Background parenchymal enhancement",
                "mild",
                "31 % of the glandular tissue enhances; borders 25, 50, 75 %",
            ),
            Term(
                "focality",
                "Lesions",
                "multifocal" if has_lesions else "none found",
                "2 of them" if has_lesions else "nothing was found",
            ),
        ),
    )
