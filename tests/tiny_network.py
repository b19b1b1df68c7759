"""A network as small as can be, trained on phantoms in the folder format of nnU-Net v2: what the plug is tested with.

It proves that a folder can be installed and run, and nothing about any patient.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk
import torch
from phantom_series import phantom_case
from torch import nn

from tilscope.models.imaging.series import Laterality
from tilscope.models.imaging.voxels import mask_of
from tilscope.models.segmenters.channels import channel
from tilscope.models.segmenters.nnunet_network import network_of
from tilscope.models.segmenters.nnunet_preprocessing import preprocessed
from tilscope.models.segmenters.plans import Plans
from tilscope.models.settings import MANIFEST
from tilscope.phantom.spec import CurveShape, LesionSpec, PhantomSpec

ROOT = Path(__file__).resolve().parents[1]
WEIGHTS = "fold_0/checkpoint_final.pth"
CHANNELS = ["pre", "early-pre"]
LABELS = {"background": 0, "gland": 1, "tumour": 2}
TRAINING_SEEDS = range(100, 110)
#: Of the plug, what training uses too.
PARTS = ("channels", "nnunet_network", "nnunet_preprocessing", "plans")
STEPS = 200
LEARNING_RATE = 6e-3
#: Rare labels count more, else a network of this size says background everywhere.
LABEL_WEIGHTS = (0.2, 1.0, 2.0)

#: As nnU-Net's planner would write it for images of 5 mm slices; the spacing is not the phantoms' own, so that
#: prediction has to resample.
PLANS: dict[str, Any] = {
    "dataset_name": "Dataset001_Phantoms",
    "plans_name": "nnUNetPlans",
    "transpose_forward": [0, 1, 2],
    "transpose_backward": [0, 1, 2],
    "configurations": {
        "3d_fullres": {
            "data_identifier": "nnUNetPlans_3d_fullres",
            "patch_size": [16, 48, 48],
            "spacing": [5.0, 3.0, 3.0],
            "normalization_schemes": ["ZScoreNormalization", "ZScoreNormalization"],
            "use_mask_for_norm": [False, False],
            "resampling_fn_data": "resample_data_or_seg_to_shape",
            "resampling_fn_data_kwargs": {"is_seg": False, "order": 3, "order_z": 0, "force_separate_z": None},
            "resampling_fn_probabilities": "resample_data_or_seg_to_shape",
            "resampling_fn_probabilities_kwargs": {"is_seg": False, "order": 1, "order_z": 0, "force_separate_z": None},
            "architecture": {
                "network_class_name": "dynamic_network_architectures.architectures.unet.PlainConvUNet",
                "arch_kwargs": {
                    "n_stages": 3,
                    "features_per_stage": [8, 16, 32],
                    "conv_op": "torch.nn.modules.conv.Conv3d",
                    "kernel_sizes": [[1, 3, 3], [3, 3, 3], [3, 3, 3]],
                    "strides": [[1, 1, 1], [1, 2, 2], [2, 2, 2]],
                    "n_conv_per_stage": [1, 1, 1],
                    "n_conv_per_stage_decoder": [1, 1],
                    "conv_bias": True,
                    "norm_op": "torch.nn.modules.instancenorm.InstanceNorm3d",
                    "norm_op_kwargs": {"eps": 1e-05, "affine": True},
                    "dropout_op": None,
                    "dropout_op_kwargs": None,
                    "nonlin": "torch.nn.LeakyReLU",
                    "nonlin_kwargs": {"inplace": True},
                },
                "_kw_requires_import": ["conv_op", "norm_op", "dropout_op", "nonlin"],
            },
        }
    },
}
DATASET = {"channel_names": {"0": "pre", "1": "subtraction"}, "labels": LABELS, "numTraining": len(TRAINING_SEEDS)}


def patient(seed: int) -> PhantomSpec:
    """Lesions of either breast, of several sizes and curves."""
    random = np.random.default_rng(seed)
    side = Laterality.LEFT if random.random() < 0.5 else Laterality.RIGHT
    curve = list(CurveShape)[int(random.integers(len(CurveShape)))]
    lesion = LesionSpec(side, round(float(random.uniform(18, 34)), 1), curve=curve, necrotic_core=False)
    return replace(PhantomSpec.small(seed), lesion=lesion, density=round(float(random.uniform(0.2, 0.7)), 2))


def tiny_network() -> Path:
    """The folder of the trained network; trained once per state of the code that makes it."""
    home = ROOT / ".cache" / f"tiny-network-{_code()}"
    if not home.exists():
        home.parent.mkdir(exist_ok=True)
        work = Path(tempfile.mkdtemp(dir=home.parent, prefix="tiny-network-in-work-"))
        _train_into(work)
        try:
            work.rename(home)
        except OSError:  # another process was quicker
            shutil.rmtree(work)
    return home


def write_manifest(folder: Path, **changes: Any) -> None:
    """A manifest for the files that lie in a folder."""
    names = ("plans.json", "dataset.json", WEIGHTS)
    content = {
        "name": "Tiny phantom network",
        "version": "1",
        "licence": {"text": "Apache-2.0", "research_only": True},
        "channels": CHANNELS,
        "labels": {"lesion": ["tumour"], "fgt": ["gland"]},
        "orientation": "LPS",
        "images": "acquired",
        "files": {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names},
        "trained_on": f"{len(TRAINING_SEEDS)} synthetic phantoms",
        "contact": "the TILscope project",
        **changes,
    }
    (folder / MANIFEST).write_text(json.dumps(content, indent=1), encoding="utf-8")


def _code() -> str:
    """Everything that the weights depend on."""
    plug = [ROOT / "models" / "segmenters" / f"{name}.py" for name in PARTS]
    files = [Path(__file__), *plug, *sorted((ROOT / "phantom").rglob("*.py"))]
    facts = [torch.__version__, *(hashlib.sha256(path.read_bytes()).hexdigest() for path in files)]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]


def _train_into(folder: Path) -> None:
    (folder / WEIGHTS).parent.mkdir(parents=True)
    (folder / "plans.json").write_text(json.dumps(PLANS, indent=1), encoding="utf-8")
    (folder / "dataset.json").write_text(json.dumps(DATASET, indent=1), encoding="utf-8")
    plans = Plans.read(json.dumps(PLANS).encode(), json.dumps(DATASET).encode(), "3d_fullres")
    network, losses = _trained(plans)
    checkpoint = {
        "network_weights": network.state_dict(),
        # What nnU-Net puts beside the weights: plain data, some of it numpy's.
        "logging": {"train_losses": losses},
        "_best_ema": np.float64(losses[-1]),
        "init_args": {"configuration": "3d_fullres", "plans": PLANS, "device": torch.device("cpu")},
        "trainer_name": "nnUNetTrainer",
        "inference_allowed_mirroring_axes": (0, 1, 2),
    }
    torch.save(checkpoint, folder / WEIGHTS)
    write_manifest(folder)


def _trained(plans: Plans) -> tuple[nn.Module, list[np.float32]]:
    torch.manual_seed(20)
    network = network_of(plans.architecture, len(CHANNELS), len(LABELS))
    network.train()
    optimiser = torch.optim.Adam(network.parameters(), LEARNING_RATE)
    slower = torch.optim.lr_scheduler.PolynomialLR(optimiser, STEPS, power=0.9)
    loss_of = nn.CrossEntropyLoss(torch.tensor(LABEL_WEIGHTS))
    losses = []
    for image, labels in _patches(plans):
        optimiser.zero_grad()
        loss = loss_of(network(image), labels)
        loss.backward()
        optimiser.step()
        slower.step()
        losses.append(np.float32(loss.item()))
    return network, losses


def _patches(plans: Plans) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """One patch per step, every second one around a lesion."""
    cases = [_case(seed, plans) for seed in TRAINING_SEEDS]
    random = np.random.default_rng(21)
    for step in range(STEPS):
        image, labels = cases[int(random.integers(len(cases)))]
        room = np.array(labels.shape) - plans.patch
        start = random.integers(0, room + 1)
        if step % 2:
            centre = random.permutation(np.argwhere(labels == LABELS["tumour"]))[0]
            start = np.clip(centre - np.array(plans.patch) // 2, 0, room)
        place = tuple(slice(a, a + n) for a, n in zip(start, plans.patch, strict=True))
        yield torch.from_numpy(image[(slice(None), *place)])[None], torch.from_numpy(labels[place])[None]


def _case(seed: int, plans: Plans) -> tuple[np.ndarray, np.ndarray]:
    """A phantom as the network sees it, and its labels on the same grid."""
    case = phantom_case(patient(seed))
    image = np.stack([sitk.GetArrayFromImage(channel(case.series, name)) for name in CHANNELS])
    ready = preprocessed(image, case.series.grid.GetSpacing()[::-1], plans)
    truth = case.study.truth
    labels = np.where(mask_of(truth.fgt), LABELS["gland"], 0)
    for lesion in truth.lesions:
        labels[mask_of(lesion.mask)] = LABELS["tumour"]
    inside = labels[ready.box]
    at = [
        np.minimum(((np.arange(n) + 0.5) * m / n).astype(int), m - 1)
        for n, m in zip(ready.values.shape[1:], inside.shape, strict=True)
    ]
    return ready.values, inside[np.ix_(*at)].astype(np.int64)
