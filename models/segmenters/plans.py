"""What plans.json and dataset.json of nnU-Net v2 hold about one configuration, as far as prediction needs it.

The format is that of nnU-Net 2.5 and later, in which the plans hold the architecture (Isensee 2021,
doi 10.1038/s41592-020-01008-z). What we do not compute exactly as nnU-Net does is refused by name, never approximated.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

RESAMPLING = "resample_data_or_seg_to_shape"
NORMALISATIONS = ("ZScoreNormalization", "CTNormalization", "NoNormalization", "RescaleTo01Normalization")
ARCHITECTURES = ("PlainConvUNet", "ResidualEncoderUNet")


class WrongPlans(ValueError):
    """A sentence without its end: what is the matter with the two files."""


@dataclass(frozen=True)
class Normalisation:
    """Of one channel."""

    scheme: str
    nonzero_only: bool
    statistics: Mapping[str, float]
    """Of the training's foreground; only CTNormalization uses them."""


@dataclass(frozen=True)
class Resampling:
    order: int
    order_across: int
    """Across thick slices, where those are resampled by themselves."""
    force_separate: bool | None
    """Whether slices are resampled by themselves; None: where they are three times as thick as wide."""


@dataclass(frozen=True)
class Architecture:
    name: str
    arguments: Mapping[str, Any]
    to_import: tuple[str, ...]
    """The arguments that name classes of PyTorch."""


@dataclass(frozen=True)
class Plans:
    """Axes are those of the transposed array, as in the files."""

    transpose: tuple[int, int, int]
    spacing: tuple[float, float, float]
    patch: tuple[int, int, int]
    normalisations: tuple[Normalisation, ...]
    data_resampling: Resampling
    logits_resampling: Resampling
    architecture: Architecture
    labels: Mapping[str, int]

    @classmethod
    def read(cls, plans: bytes, dataset: bytes, configuration: str) -> Plans:
        """Raises `WrongPlans` where the network is of a kind that is not supported."""
        try:
            return _read(json.loads(plans), json.loads(dataset), configuration)
        except (KeyError, TypeError, AttributeError, ValueError) as problem:
            if isinstance(problem, WrongPlans):
                raise
            raise WrongPlans(
                f"plans.json or dataset.json is damaged ({type(problem).__name__}: {problem})"
            ) from problem


def _read(plans: dict[str, Any], dataset: dict[str, Any], configuration: str) -> Plans:
    wanted = _inherited(plans["configurations"], configuration)
    if wanted.get("previous_stage"):
        raise WrongPlans(f"configuration {configuration} is the second stage of a cascade, which is not supported")
    if len(wanted["patch_size"]) != 3:
        raise WrongPlans(f"configuration {configuration} works on single slices, which is not supported")
    if "architecture" not in wanted:
        raise WrongPlans("plans.json names no architecture; plans of nnU-Net before 2.5 are not supported")
    x, y, z = (int(axis) for axis in plans["transpose_forward"])
    return Plans(
        transpose=(x, y, z),
        spacing=_three(wanted["spacing"], float),
        patch=_three(wanted["patch_size"], int),
        normalisations=_normalisations(plans, wanted, len(dataset["channel_names"])),
        data_resampling=_resampling(wanted, "data"),
        logits_resampling=_resampling(wanted, "probabilities"),
        architecture=_architecture(wanted["architecture"]),
        labels=_labels(dataset["labels"], dataset.get("regions_class_order")),
    )


def _inherited(configurations: dict[str, Any], name: str) -> dict[str, Any]:
    """A configuration with what it takes over from others."""
    if name not in configurations:
        raise WrongPlans(f"plans.json has no configuration {name}; it has {', '.join(configurations)}")
    own: dict[str, Any] = configurations[name]
    return {**_inherited(configurations, own["inherits_from"]), **own} if "inherits_from" in own else own


def _three(values: list[Any], kind: Any) -> Any:
    one, two, three = (kind(value) for value in values)
    return one, two, three


def _normalisations(plans: dict[str, Any], wanted: dict[str, Any], channels: int) -> tuple[Normalisation, ...]:
    schemes, masks = wanted["normalization_schemes"], wanted["use_mask_for_norm"]
    statistics = plans.get("foreground_intensity_properties_per_channel", {})
    for scheme in schemes:
        if scheme not in NORMALISATIONS:
            raise WrongPlans(f"the normalisation {scheme} is not supported")
    if not len(schemes) == len(masks) == channels:
        raise WrongPlans(f"plans.json normalises {len(schemes)} channels, dataset.json names {channels}")
    return tuple(
        Normalisation(scheme, bool(mask), statistics.get(str(n), {}))
        for n, (scheme, mask) in enumerate(zip(schemes, masks, strict=True))
    )


def _resampling(wanted: dict[str, Any], of: str) -> Resampling:
    name = wanted[f"resampling_fn_{of}"]
    if name != RESAMPLING:
        raise WrongPlans(f"resampling by {name} is not supported")
    arguments = wanted[f"resampling_fn_{of}_kwargs"]
    return Resampling(int(arguments["order"]), int(arguments["order_z"]), arguments["force_separate_z"])


def _architecture(architecture: dict[str, Any]) -> Architecture:
    name = str(architecture["network_class_name"])
    if name.rpartition(".")[2] not in ARCHITECTURES:
        raise WrongPlans(f"the architecture {name} is not supported; {' and '.join(ARCHITECTURES)} are")
    return Architecture(
        name.rpartition(".")[2], architecture["arch_kwargs"], tuple(architecture["_kw_requires_import"])
    )


def _labels(labels: dict[str, Any], regions: object) -> dict[str, int]:
    """Labels by name, without the one that only training knows."""
    if regions is not None or any(not isinstance(value, int) for value in labels.values()):
        raise WrongPlans("dataset.json trains on regions instead of labels, which is not supported")
    used = {name: value for name, value in labels.items() if name != "ignore"}
    if sorted(used.values()) != list(range(len(used))):
        raise WrongPlans("the labels in dataset.json are not numbered from 0 without gaps")
    return used
