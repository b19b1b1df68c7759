"""Published layouts: what a data set tells of a case beside its phases, by where the case's files lie.

Another one is a file here with a function that returns the case with what it knows, or None of a case that is not its own.
The first that answers counts.
"""

from __future__ import annotations

from collections.abc import Callable

from tilscope.dicom_io.volume_files import mama_mia, nnunet
from tilscope.dicom_io.volume_files.case import VolumeCase

DATA_SETS: tuple[Callable[[VolumeCase], VolumeCase | None], ...] = (mama_mia.completed, nnunet.completed)
