"""ANTs' SyN of every phase onto one, in the environment that has ANTs: `python syn.py FOLDER FIXED MOVING...`.

FOLDER holds one NAME.nii for each name; the moved phases lie there afterwards as NAME-moved.nii. Prints the seconds of
each registration as JSON; nothing but `ants.registration` is timed.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def main(folder: Path, fixed: str, moving: list[str]) -> None:
    import ants

    reference = ants.image_read(str(folder / f"{fixed}.nii"))
    seconds: dict[str, float] = {}
    for name in moving:
        image = ants.image_read(str(folder / f"{name}.nii"))
        begun = time.perf_counter()
        found = ants.registration(reference, image, type_of_transform="SyN")
        seconds[name] = time.perf_counter() - begun
        ants.image_write(found["warpedmovout"], str(folder / f"{name}-moved.nii"))
    print(json.dumps({"version": ants.__version__, "seconds": seconds}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
