"""An installed network's folder: what is refused and in which words, and what its identity is. No PyTorch needed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tilscope.models.lesions import classical
from tilscope.models.refusals import BadInput
from tilscope.models.segmenters.choice import segmenter_of
from tilscope.models.segmenters.nnunet import NnUnetSegmenter
from tilscope.models.settings import MANIFEST, PipelineSettings, SegmentationSettings

WEIGHTS = "fold_0/checkpoint_final.pth"


def configuration(**changes: Any) -> dict[str, Any]:
    spline = {"is_seg": False, "order": 3, "order_z": 0, "force_separate_z": None}
    return {
        "patch_size": [16, 32, 32], "spacing": [5.0, 3.0, 3.0],
        "normalization_schemes": ["ZScoreNormalization"], "use_mask_for_norm": [False],
        "resampling_fn_data": "resample_data_or_seg_to_shape", "resampling_fn_data_kwargs": spline,
        "resampling_fn_probabilities": "resample_data_or_seg_to_shape", "resampling_fn_probabilities_kwargs": spline,
        "architecture": {
            "network_class_name": "dynamic_network_architectures.architectures.unet.PlainConvUNet",
            "arch_kwargs": {}, "_kw_requires_import": [],
        },
        **changes,
    }  # fmt: skip


class Installed:
    """A folder as a site would lay it out; the weights are any bytes, since nothing here runs them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plans = {"transpose_forward": [0, 1, 2], "configurations": {"3d_fullres": configuration()}}
        self.dataset: dict[str, Any] = {"channel_names": {"0": "first"}, "labels": {"background": 0, "tumour": 1}}
        self.manifest: dict[str, Any] = {
            "name": "Some network", "version": "2.1", "licence": {"text": "CC BY-NC 4.0", "research_only": True},
            "channels": ["first"], "labels": {"lesion": ["tumour"]}, "orientation": "LPS", "images": "acquired",
            "trained_on": "a cohort", "contact": "somebody",
        }  # fmt: skip

    def write(self) -> NnUnetSegmenter:
        contents = {
            "plans.json": json.dumps(self.plans).encode(),
            "dataset.json": json.dumps(self.dataset).encode(),
            WEIGHTS: b"weights",
        }
        for name, content in contents.items():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_bytes(content)
        self.manifest.setdefault("files", {n: hashlib.sha256(c).hexdigest() for n, c in contents.items()})
        (self.folder / MANIFEST).write_text(json.dumps(self.manifest), encoding="utf-8")
        segmenter = segmenter_of(self.settings)
        assert isinstance(segmenter, NnUnetSegmenter)
        return segmenter

    @property
    def settings(self) -> PipelineSettings:
        return PipelineSettings(segmentation=SegmentationSettings(segmenter=str(self.folder)))


@pytest.fixture
def installed(tmp_path: Path) -> Installed:
    return Installed(tmp_path / "network")


def test_the_built_in_segmenter_is_the_default() -> None:
    assert segmenter_of(PipelineSettings()) is classical


def test_the_version_names_the_weights(installed: Installed) -> None:
    assert installed.write().version == "2.1+" + hashlib.sha256(b"weights").hexdigest()[:12]


def test_several_folds_have_one_hash_of_their_own(installed: Installed) -> None:
    one = installed.write().manifest
    both = one.model_copy(update={"files": {**one.files, "fold_1/checkpoint_final.pth": "0" * 64}})
    assert both.weights == (WEIGHTS, "fold_1/checkpoint_final.pth")
    assert both.weights_hash not in (one.weights_hash, "0" * 64)


def test_the_settings_hash_follows_the_content_and_not_the_place(installed: Installed, tmp_path: Path) -> None:
    installed.write()
    here = installed.settings
    assert here.digest() != PipelineSettings().digest()
    moved = tmp_path / "elsewhere"
    installed.folder.rename(moved)
    there = replace(here, segmentation=replace(here.segmentation, segmenter=str(moved)))
    digest = there.digest()
    assert digest != here.digest(), "where nothing is installed now"
    manifest = json.loads((moved / MANIFEST).read_text(encoding="utf-8"))
    manifest["files"][WEIGHTS] = "0" * 64
    (moved / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    assert there.digest() != digest, "other weights"
    moved.rename(installed.folder)
    installed.manifest.pop("files")
    installed.write()
    assert here.digest() == digest, "the same network in another place"


WRONG: dict[str, tuple[Callable[[Installed], Any], str]] = {
    "channel": (lambda x: x.manifest.update(channels=["second"]), r"channels\.0: must be one of pre, first, early, late"),
    "no lesion": (lambda x: x.manifest.update(labels={"fgt": ["gland"]}), "labels must say which labels are lesion"),
    "unknown region": (lambda x: x.manifest["labels"].update(heart=["heart"]), "labels.heart"),
    "unknown key": (lambda x: x.manifest.update(chanels=[]), "chanels: Extra inputs are not permitted"),
    "no licence": (lambda x: x.manifest.pop("licence"), "licence: Field required"),
    "orientation": (lambda x: x.manifest.update(orientation="LPX"), "orientation: must be three letters such as LPS"),
    "no hash": (lambda x: x.manifest.update(files={}), "files lacks the SHA-256 of plans.json"),
    "outside": (lambda x: x.manifest.update(files={"../x.pth": "0" * 64}), r"files may name .* not \.\./x\.pth"),
    "channels": (lambda x: x.manifest.update(channels=["pre", "early"]), "names 2 channels, its dataset.json 1"),
    "label": (lambda x: x.manifest.update(labels={"lesion": ["tumor"]}), "no label tumor; .* background, tumour"),
    "regions": (lambda x: x.dataset["labels"].update(tumour=[1, 2]), "trains on regions"),
    "gap": (lambda x: x.dataset["labels"].update(tumour=2), "not numbered from 0"),
    "configuration": (lambda x: x.manifest.update(configuration="2d"), "no configuration 2d; it has 3d_fullres"),
    "slices": (lambda x: x.plans.update(configurations={"3d_fullres": configuration(patch_size=[64, 64])}), "single slices"),
    "cascade": (lambda x: x.plans.update(configurations={"3d_fullres": configuration(previous_stage="3d_lowres")}), "cascade"),
    "old plans": (lambda x: x.plans["configurations"]["3d_fullres"].pop("architecture"), "before 2.5"),
    "other network": (
        lambda x: x.plans["configurations"]["3d_fullres"]["architecture"].update(network_class_name="os.system"),
        "architecture os.system is not supported",
    ),
    "normalisation": (
        lambda x: x.plans.update(configurations={"3d_fullres": configuration(normalization_schemes=["Own"])}),
        "normalisation Own is not supported",
    ),
    "resampling": (
        lambda x: x.plans.update(configurations={"3d_fullres": configuration(resampling_fn_data="own")}),
        "resampling by own is not supported",
    ),
    "damaged": (lambda x: x.plans.pop("transpose_forward"), "damaged .*transpose_forward"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_network_that_cannot_be_run_is_refused_in_words(case: str, installed: Installed) -> None:
    change, sentence = WRONG[case]
    change(installed)
    with pytest.raises(BadInput, match=f"^The segmenter in {installed.folder} cannot be used: .*{sentence}"):
        installed.write()


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"tilscope-segmenter\.json cannot be read \(No such file"):
        NnUnetSegmenter.installed(tmp_path)


def test_a_file_that_was_changed_is_refused(installed: Installed) -> None:
    installed.write()
    (installed.folder / "plans.json").write_text("{}", encoding="utf-8")
    with pytest.raises(BadInput, match=r"plans\.json is not the file that its manifest names"):
        NnUnetSegmenter.installed(installed.folder)


def test_a_configuration_takes_over_what_it_inherits(installed: Installed) -> None:
    installed.plans["configurations"] = {
        "base": configuration(),
        "3d_fullres": {"inherits_from": "base", "spacing": [4.0, 2.0, 2.0]},
    }
    plans = installed.write().plans
    assert (plans.spacing, plans.patch) == ((4.0, 2.0, 2.0), (16, 32, 32))
