"""Which tissue is where in the phantom's patients, on the network's grid: made once, without any image of them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from second_opinion.views import STEP_MM

from tilscope.models.imaging.voxels import Mask, box_of
from tilscope.phantom import anatomy
from tilscope.phantom.anatomy import Anatomy
from tilscope.phantom.grid import PhantomGrid, SlicePlane
from tilscope.phantom.patients import patient_like
from tilscope.phantom.signal import Tissue
from tilscope.phantom.spec import PhantomSpec

#: Tissues that are drawn alike share a name.
ALIKE = {
    Tissue.PERSISTENT_LESION: "tumour",
    Tissue.PLATEAU_LESION: "tumour",
    Tissue.WASHOUT_LESION: "tumour",
    Tissue.LESION_CORE: "core",
    Tissue.NECROSIS: "core",
    Tissue.DULL_TUMOUR: "dull",
    Tissue.BRIGHT_CYST: "cyst",
    Tissue.ACTIVE_GLAND: "active",
    Tissue.VIVID_GLAND: "vivid",
    Tissue.NODE: "node",
}
TISSUES = (
    "fat", "skin", "gland", "active", "vivid", "muscle", "lung", "blood",
    "tumour", "dull", "core", "node", "cyst", "silicone",
)  # fmt: skip

#: Both breasts of the largest patient, and the chest behind them.
FIELD_MM = (420.0, 300.0, 270.0)
MIDDLE_MM = (0.0, -20.0, 0.0)

#: Around the breasts that are imaged.
MARGIN_VOXELS = 8

#: Amounts are kept in so many steps.
STEPS = 160


@dataclass(frozen=True, eq=False)
class LabelMap:
    """One patient, [z, y, x] along her axes."""

    amounts: NDArray[np.uint8]
    """[tissue, z, y, x]: how much of each voxel, in steps."""
    breast: Mask
    gland: Mask
    """With the tumour in it."""
    tumour: Mask
    """Cores included."""

    def save(self, path: Path) -> None:
        """Keep it in a file, whole or not at all."""
        work = path.with_suffix(f".{os.getpid()}.part.npz")
        np.savez_compressed(work, amounts=self.amounts, breast=self.breast, gland=self.gland, tumour=self.tumour)
        work.rename(path)

    @classmethod
    def load(cls, path: Path) -> LabelMap:
        """From a file that `save` has written."""
        with np.load(path) as kept:
            return cls(kept["amounts"], kept["breast"], kept["gland"], kept["tumour"])


def label_map(seed: int, folder: Path) -> LabelMap:
    """The label map of one patient-like phantom; from its file, where there is one."""
    path = folder / f"{seed}.npz"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        made_of(patient_like(seed)).save(path)
    return LabelMap.load(path)


def made_of(spec: PhantomSpec) -> LabelMap:
    """The label map of a patient: what of her lies around the breasts that are imaged."""
    columns, rows, slices = (round(length / STEP_MM) for length in FIELD_MM)
    patient = anatomy.build(
        spec, PhantomGrid.centred(SlicePlane.AXIAL, (columns, rows, slices), (STEP_MM,) * 3, MIDDLE_MM)
    )
    tumour = _tumour(patient)
    box = box_of(patient.breast, MARGIN_VOXELS)
    return LabelMap(
        _amounts(patient)[(slice(None), *box)], patient.breast[box], (patient.fgt | tumour)[box], tumour[box]
    )


def _tumour(patient: Anatomy) -> Mask:
    tumour = patient.diffuse.copy()
    for lesion in patient.lesions:
        tumour |= lesion
    return tumour


def _amounts(patient: Anatomy) -> NDArray[np.uint8]:
    amounts = np.zeros((len(TISSUES), *patient.breast.shape), np.float32)
    for tissue, amount in patient.amounts.items():
        amounts[_row(tissue)] += amount
    for part in patient.parts:
        amounts[(_row(part.tissue), *part.box)] += part.amount
    steps: NDArray[np.uint8] = np.clip(np.rint(amounts * STEPS), 0, 255).astype(np.uint8)
    return steps


def _row(tissue: Tissue) -> int:
    return TISSUES.index(ALIKE.get(tissue, tissue.value))
