"""What is planted for each paper: as many features, and as strong, as the paper says it found."""

from __future__ import annotations

from dataclasses import dataclass

from planted.cohort import Law, PlantedCohort, planted_cohort


@dataclass(frozen=True)
class Planting:
    law: Law
    studies: int
    """As many as the paper trained and tested on."""
    numbers: bool = False
    """Labels are percentages."""
    sizes: tuple[int, ...] = ()
    """For the curve of recall; the paper's own among them."""
    features: int | None = None
    """None for the paper's complete set."""

    def cohort(self, paper: str, seed: int, studies: int | None = None) -> PlantedCohort:
        return planted_cohort(paper, self.law, studies or self.studies, seed, self.features, self.numbers)


PLANTINGS = {
    # Five coefficients as printed; the SD of TILs is about 16.4 (docs/decisions.md), of which imaging explains a sixth.
    "wu2018": Planting(
        Law((4.4, -3.14, -2.0, -2.62, -0.72), intercept=13.02, noise=11.0, of_cyt=7.8), 126, True, (126, 250, 500, 1000)
    ),
    # Three features; 1.5 on each z-score tell the classes apart with an AUC of about 0.87.
    "su2022": Planting(Law((-1.5, -1.5, -1.5), intercept=0.3), 139, sizes=(139, 300, 600, 1000)),
    "qian2024": Planting(Law((1.2, -1.2, 1.2), ("/ring/", "/ring/", "/T/")), 73, sizes=(73, 150, 300, 600)),
    "fan2023": Planting(Law((2.0, -2.0, 2.0), ("/T/", "/T/", "/stroma/")), 91, sizes=(91, 180)),
    "han2024": Planting(Law((2.0, -2.0, 2.0)), 118, sizes=(118, 250)),
}
