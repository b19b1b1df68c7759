"""A feature that the engine computes as it is, under a signature's own name for it."""

from __future__ import annotations

from dataclasses import dataclass

from tilscope.models.features import FeatureRequest, NoValue, Values
from tilscope.models.features.feature_names import label
from tilscope.models.features.sets import FeatureSet
from tilscope.models.result import RADIOMICS_MARK, Measurement, Missing
from tilscope.models.signatures.base import measured

_SHAPE_UNITS = {
    "MeshVolume": "mm3", "VoxelVolume": "mm3", "SurfaceArea": "mm2", "SurfaceVolumeRatio": "/mm",
    **dict.fromkeys((
        "LeastAxisLength", "MajorAxisLength", "MinorAxisLength", "Maximum3DDiameter",
        "Maximum2DDiameterColumn", "Maximum2DDiameterRow", "Maximum2DDiameterSlice",
    ), "mm"),
}  # fmt: skip


@dataclass(frozen=True)
class RadiomicFeature:
    id: str
    name: str
    wanted: FeatureRequest

    @property
    def unit(self) -> str:
        """Intensities are in no unit: MR has none, or they were normalised."""
        return _SHAPE_UNITS.get(self.wanted.feature, "1") if self.wanted.family == "shape" else "1"

    def measurement(self, values: Values) -> Measurement:
        return measured(self.id, self.name, self.unit, values.get(self.wanted, NoValue("it was not computed")))


def listed(features: FeatureSet, name: str, words: str = "") -> RadiomicFeature:
    """A member of a set, with a name of its own or with that of the set in words."""
    return RadiomicFeature(RADIOMICS_MARK + name, words or label(name), features[name])


def unknown(id: str) -> Measurement:
    """What a model takes and its signature does not know."""
    return Measurement(id, id, None, "1", Missing.NOT_ATTEMPTED, "it is none of this signature's features")
