"""How the scanner weighs what it sees: the settings of the spoiled gradient echo of the dynamic series."""

from __future__ import annotations

import math
from dataclasses import dataclass

#: Gadolinium chelate at 1.5 T, l/(mmol s).
RELAXIVITY = 4.3


@dataclass(frozen=True)
class GradientEcho:
    repetition_ms: float = 5.2
    echo_ms: float = 2.4
    flip_degrees: float = 12.0

    def __post_init__(self) -> None:
        if not 0 < self.echo_ms < self.repetition_ms:
            raise ValueError(f"an echo after {self.echo_ms} ms does not fit a repetition of {self.repetition_ms} ms")
        if not 0 < self.flip_degrees <= 90:
            raise ValueError(f"a flip angle of {self.flip_degrees} degrees is not within 0 to 90")

    def signal(self, t1_s: float, concentration: float = 0.0) -> float:
        """Steady state of a spoiled gradient echo for unit proton density; T2* decay is left out.

        `concentration` of contrast agent in mmol/l.
        """
        decay = math.exp(-self.repetition_ms / 1000 * (1 / t1_s + RELAXIVITY * concentration))
        angle = math.radians(self.flip_degrees)
        return math.sin(angle) * (1 - decay) / (1 - math.cos(angle) * decay)
