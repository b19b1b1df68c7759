"""An installed nnU-Net v2 as a segmenter: a folder as its training wrote it, and a manifest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from tilscope.models.breast.fgt import find_fgt
from tilscope.models.imaging.prepared_series import PreparedSeries
from tilscope.models.imaging.regions import Regions, lesion_free
from tilscope.models.imaging.voxels import Mask, Volume, image_of, mask_of
from tilscope.models.lesions.surroundings import Level
from tilscope.models.refusals import Refused
from tilscope.models.segmenters.channels import channel
from tilscope.models.segmenters.labelled_lesions import lesions_of
from tilscope.models.segmenters.manifest import (
    DATASET,
    PLANS,
    Manifest,
    Target,
    read_manifest,
    several,
    unusable,
    verified,
)
from tilscope.models.segmenters.nnunet_preprocessing import preprocessed
from tilscope.models.segmenters.plans import Plans, WrongPlans
from tilscope.models.settings import PipelineSettings


@dataclass(frozen=True)
class NnUnetSegmenter:
    """Lesions by the network; breast and glands too where its manifest maps labels to them, else by the rules."""

    folder: Path
    manifest: Manifest
    plans: Plans

    @classmethod
    def installed(cls, folder: Path) -> NnUnetSegmenter:
        """What is installed in a folder; `BadInput` with a sentence where it cannot be used."""
        manifest = read_manifest(folder)
        files = verified(folder, manifest, PLANS), verified(folder, manifest, DATASET)
        try:
            plans = Plans.read(files[0], files[1], manifest.configuration)
        except WrongPlans as problem:
            raise unusable(folder, str(problem)) from problem
        if len(manifest.channels) != len(plans.normalisations):
            given, wanted = len(manifest.channels), len(plans.normalisations)
            raise unusable(folder, f"its manifest names {given} channels, its dataset.json {wanted}")
        for name in (label for labels in manifest.labels.values() for label in labels):
            if name not in plans.labels:
                raise unusable(folder, f"it has no label {name}; dataset.json names {several(list(plans.labels))}")
        return cls(folder, manifest, plans)

    @property
    def version(self) -> str:
        """Distinguishes two trainings, even where their authors have not."""
        return f"{self.manifest.version}+{self.manifest.weights_hash[:12]}"

    def segment(
        self, prepared: PreparedSeries, settings: PipelineSettings, other_breast: Level | None = None
    ) -> Regions:
        """Lesions by the network; breast and glands as the manifest has it.

        Parameters
        ----------
        prepared : PreparedSeries
            Motion and shading taken out, breasts found.
        settings : PipelineSettings
            Least sizes of lesions.
        other_breast : Level, optional
            Not asked for: the network has learned what background is.

        Returns
        -------
        Regions
            On the grid of the series.

        Raises
        ------
        Refused
            `no-lesion` or `no-breast`: the network finds none.
        BadInput
            `unusable-segmenter`: its files do not fit each other, or PyTorch is missing.
        """
        found = self._labels(prepared)
        breast = self._region("breast", found, prepared)
        glands = self._region("fgt", found, prepared)
        if breast is None:
            breast = prepared.breast
        elif not mask_of(breast).any():
            raise Refused("no-breast", detail=f"{self.manifest.name} found none")
        if glands is None:
            glands = find_fgt(prepared)
        lesion = self._region("lesion", found, prepared)
        assert lesion is not None, "a manifest maps labels to lesions"
        lesions = lesions_of(mask_of(lesion), mask_of(glands), prepared, settings.segmentation)
        fgt = image_of(lesion_free(mask_of(glands), lesions), prepared.breast)
        return Regions(breast, fgt, lesions, self.manifest.name, self.version, learned=True)

    def _labels(self, prepared: PreparedSeries) -> sitk.Image:
        """The network's labels on the grid of the series."""
        try:
            from tilscope.models.segmenters import nnunet_network as learned
        except ImportError as problem:
            why = f"it needs PyTorch, which docker/install.sh --learned installs ({problem})"
            raise unusable(self.folder, why) from problem
        grid = prepared.series.grid
        image, turned = self._image(prepared)
        ready = preprocessed(image, turned.GetSpacing()[::-1], self.plans)
        try:
            network = learned.network_of(self.plans.architecture, len(image), len(self.plans.labels))
            folds = [learned.read_weights(verified(self.folder, self.manifest, n)) for n in self.manifest.weights]
            logits = learned.logits_of(network, folds, ready.values, self.plans.patch, self.manifest.mirror_axes)
        except learned.WrongWeights as problem:
            raise unusable(self.folder, str(problem)) from problem
        labels = sitk.GetImageFromArray(ready.labels_of(logits).astype(np.uint8))
        labels.CopyInformation(turned)
        code = sitk.DICOMOrientImageFilter.GetOrientationFromDirectionCosines(grid.GetDirection())
        back = sitk.DICOMOrient(labels, code)
        # Turning back re-computes the origin in floats: the grid's own geometry is the right one to the last bit.
        back.CopyInformation(grid)
        return back

    def _image(self, prepared: PreparedSeries) -> tuple[Volume, sitk.Image]:
        """The channels as an array, and an image with the geometry of that array."""
        series = prepared.corrected if self.manifest.images == "even" else prepared.series
        channels = [
            sitk.DICOMOrient(channel(series, name), self.manifest.orientation) for name in self.manifest.channels
        ]
        return np.stack([sitk.GetArrayFromImage(one) for one in channels]), channels[0]

    def _region(self, target: Target, found: sitk.Image, prepared: PreparedSeries) -> sitk.Image | None:
        """The labels that make up a region, as a mask; None where the network is not asked for it."""
        names = self.manifest.labels.get(target)
        if not names:
            return None
        labels = sitk.GetArrayFromImage(found)
        region: Mask = np.isin(labels, [self.plans.labels[name] for name in names])
        return image_of(region, prepared.breast)
