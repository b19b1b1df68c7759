"""An installed network from its folder to the report: trained here, on phantoms, for as long as a test may take."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from phantom_series import phantom_case

torch = pytest.importorskip("torch", reason="PyTorch is not installed (docker/install.sh --learned)")
pytest.importorskip("dynamic_network_architectures", reason="docker/install.sh --learned did not install it")

from overlap import dice  # noqa: E402
from tiny_network import DATASET, LABELS, WEIGHTS, patient, tiny_network, write_manifest  # noqa: E402

from tilscope.dicom_io.archives.folder import FolderArchive  # noqa: E402
from tilscope.models.imaging.prepared_series import PreparedSeries  # noqa: E402
from tilscope.models.imaging.regions import Regions  # noqa: E402
from tilscope.models.imaging.voxels import Mask, mask_of, values_of  # noqa: E402
from tilscope.models.preparation.prepare import prepare  # noqa: E402
from tilscope.models.refusals import BadInput, Refused  # noqa: E402
from tilscope.models.result import StudyResult  # noqa: E402
from tilscope.models.segmenters.channels import channel  # noqa: E402
from tilscope.models.segmenters.choice import segment  # noqa: E402
from tilscope.models.segmenters.labelled_lesions import lesions_of  # noqa: E402
from tilscope.models.segmenters.nnunet_network import gaussian, logits_of, places, read_weights  # noqa: E402
from tilscope.models.settings import PipelineSettings, SegmentationSettings  # noqa: E402
from tilscope.phantom import make_study, write_study  # noqa: E402
from tilscope.service.scoring.score import score  # noqa: E402

#: Patients that the network has not seen.
UNSEEN = (1, 3)


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """As a worker of the service has it; several wait for each other where other tests run beside."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def network(_one_thread: None) -> Path:
    return tiny_network()


@pytest.fixture
def copied(network: Path, tmp_path: Path) -> Path:
    """The network's folder, to be changed."""
    return Path(shutil.copytree(network, tmp_path / "network"))


def using(folder: Path) -> PipelineSettings:
    return PipelineSettings(segmentation=SegmentationSettings(segmenter=str(folder)))


@cache
def prepared(seed: int) -> PreparedSeries:
    return prepare(phantom_case(patient(seed)).series, PipelineSettings())


@cache
def segmented(seed: int, folder: Path) -> Regions:
    return segment(prepared(seed), using(folder))


@pytest.mark.slow
@pytest.mark.parametrize("seed", UNSEEN)
def test_the_lesion_of_an_unseen_patient_is_found(seed: int, network: Path) -> None:
    study, regions = phantom_case(patient(seed)).study, segmented(seed, network)
    assert dice(regions.index_lesion.mask, study.truth.lesion) > 0.6
    assert regions.index_lesion.laterality is study.spec.lesion.side
    assert (regions.algorithm, regions.learned) == ("Tiny phantom network", True)
    assert regions.breast is prepared(seed).breast, "the manifest maps no label to it"


@pytest.mark.slow
def test_the_same_images_give_the_same_regions(network: Path) -> None:
    one, other = segmented(1, network), segment(prepared(1), using(network))
    pairs = zip((one.fgt, *(x.mask for x in one.lesions)), (other.fgt, *(x.mask for x in other.lesions)), strict=True)
    assert all((mask_of(a) == mask_of(b)).all() for a, b in pairs)
    assert [x.confidence for x in one.lesions] == [x.confidence for x in other.lesions]


@pytest.mark.slow
def test_images_stored_in_another_order_are_shown_to_the_network_as_it_was_trained(network: Path) -> None:
    series = phantom_case(patient(1)).series
    axes = (True, False, True)
    turned = replace(series, phases=tuple(replace(p, stored=sitk.Flip(p.stored, axes)) for p in series.phases))
    other = segment(prepare(turned, PipelineSettings()), using(network))
    assert dice(sitk.Flip(other.index_lesion.mask, axes), segmented(1, network).index_lesion.mask) > 0.95


@pytest.mark.slow
def test_labels_may_also_make_up_the_breast_and_none_may_be_asked_for_glands(copied: Path) -> None:
    write_manifest(copied, labels={"lesion": ["tumour"], "breast": ["gland", "tumour"]})
    regions, usual = segment(prepared(1), using(copied)), segmented(1, tiny_network())
    lesions = np.any([mask_of(x.mask) for x in regions.lesions], axis=0)
    assert (mask_of(regions.breast) >= mask_of(usual.fgt)).all()
    assert (mask_of(regions.breast) >= lesions).all()
    assert dice(regions.fgt, usual.fgt) < 1, "found by the rules"
    assert not (mask_of(regions.fgt) & lesions).any()


# ------------------------------------------------------------------------------------------------- the whole pipeline


@pytest.fixture(scope="module")
def scored(network: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[StudyResult, Path]:
    folder = tmp_path_factory.mktemp("learned")
    write_study(make_study(patient(1)), folder)
    archive = FolderArchive(folder / "dicom", folder / "out")
    return score(archive, archive.only_study(), using(network), lambda stage, fraction: None), folder / "out"


@pytest.mark.slow
def test_segmentation_and_report_name_the_network_and_its_weights(
    scored: tuple[StudyResult, Path], network: Path
) -> None:
    answer, out = scored
    manifest = json.loads((network / "tilscope-segmenter.json").read_text(encoding="utf-8"))
    wanted = f"Tiny phantom network 1+{manifest['files'][WEIGHTS][:12]}"
    (series,) = answer.dynamic_series
    assert series.segmenter == wanted
    objects = {o.Modality: o for o in map(pydicom.dcmread, out.glob("*.dcm")) if o.Modality in ("SEG", "SR")}
    assert wanted in str(objects["SR"].to_json())
    for item in objects["SEG"].SegmentSequence:
        (algorithm,) = item.SegmentationAlgorithmIdentificationSequence
        assert item.SegmentAlgorithmType == "AUTOMATIC"
        assert algorithm.AlgorithmFamilyCodeSequence[0].CodeMeaning == "Artificial Intelligence"
        assert wanted in algorithm.AlgorithmParameters


@pytest.mark.slow
def test_another_segmenter_is_another_input_and_other_settings(
    scored: tuple[StudyResult, Path], tmp_path: Path
) -> None:
    answer, out = scored
    archive = FolderArchive(out.parent / "dicom", tmp_path)
    usual = score(archive, archive.only_study(), PipelineSettings(), lambda stage, fraction: None)
    assert usual.input_hash != answer.input_hash
    assert usual.settings_hash != answer.settings_hash


# ------------------------------------------------------------------------------------------------------- the weights


class Foreign:
    """What a checkpoint could do to whoever unpickles it."""

    def __init__(self, touched: Path) -> None:
        self.touched = touched

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.touched),)


@pytest.mark.slow
def test_a_checkpoint_that_holds_a_program_is_refused_and_the_program_not_run(copied: Path, tmp_path: Path) -> None:
    checkpoint = torch.load(copied / WEIGHTS, weights_only=False)  # our own, made a moment ago
    torch.save({**checkpoint, "logging": Foreign(tmp_path / "touched")}, copied / WEIGHTS)
    write_manifest(copied)
    with pytest.raises(BadInput, match="its checkpoint holds more than numbers"):
        segment(prepared(1), using(copied))
    assert not (tmp_path / "touched").exists()


@pytest.mark.slow
def test_weights_that_were_exchanged_are_refused(copied: Path) -> None:
    (copied / WEIGHTS).write_bytes(b"other weights")
    with pytest.raises(BadInput, match=r"checkpoint_final\.pth is not the file that its manifest names"):
        segment(prepared(1), using(copied))


@pytest.mark.slow
def test_weights_of_another_network_are_refused(copied: Path) -> None:
    labels = {**LABELS, "cyst": 3}
    (copied / "dataset.json").write_text(json.dumps({**DATASET, "labels": labels}), encoding="utf-8")
    write_manifest(copied)
    with pytest.raises(BadInput, match=r"its weights do not fit the network of plans\.json"):
        segment(prepared(1), using(copied))


@pytest.mark.slow
def test_the_training_log_of_nnunet_is_plain_data(network: Path) -> None:
    """It holds numpy's numbers, which `weights_only` does not take by itself."""
    weights = read_weights((network / WEIGHTS).read_bytes())
    assert all(isinstance(tensor, torch.Tensor) for tensor in weights.values())


# --------------------------------------------------------------------------------------------------- lesions and patches


def test_pieces_become_lesions_by_size_and_place() -> None:
    case, ready = phantom_case(patient(1)), prepared(1)
    tumour, gland = mask_of(case.study.truth.lesion).copy(), mask_of(case.study.truth.fgt)
    limits = SegmentationSettings()
    outside: Mask = np.zeros_like(tumour)
    outside[2:6, :8, :8] = True  # in the air
    speck: Mask = np.zeros_like(tumour)
    speck[tuple(np.argwhere(mask_of(ready.breast) & ~tumour)[0])] = True
    (lesion,) = lesions_of(tumour | outside | speck, gland, ready, replace(limits, minimum_lesion_diameter_mm=6.0))
    assert (mask_of(lesion.mask) == tumour).all()
    assert (lesion.number, lesion.laterality) == (1, case.study.spec.lesion.side)
    with pytest.raises(Refused, match="No enhancing lesion"):
        lesions_of(outside, gland, ready, limits)


def test_patches_cover_the_image_and_overlap_by_half() -> None:
    covered = np.zeros((40, 64, 100), int)
    for place in places(covered.shape, (32, 64, 48)):
        covered[place] += 1
    assert covered.min() == 1
    assert sorted({place[0].start for place in places((40, 64, 100), (32, 64, 48))}) == [0, 8]
    assert sorted({place[2].start for place in places((40, 64, 100), (32, 64, 48))}) == [0, 17, 35, 52]


def test_a_patch_counts_most_in_its_middle_and_everywhere_something() -> None:
    bell = gaussian((16, 64, 64))
    assert bell[8, 32, 32] == bell.max() == 1
    assert bell.min() > 0


@pytest.mark.parametrize("mirror", [(), (0, 2)], ids=["as it is", "mirrored"])
@pytest.mark.parametrize("shape", [(9, 20, 17), (3, 20, 17)], ids=["larger than a patch", "thinner than a patch"])
def test_patches_are_put_together_as_they_were_taken_apart(shape: tuple[int, ...], mirror: tuple[int, ...]) -> None:
    image = np.random.default_rng(5).normal(size=(2, *shape)).astype(np.float32)
    said = logits_of(torch.nn.Identity(), [{}], image, (4, 8, 8), mirror)
    assert np.allclose(said, image, atol=1e-5)


def test_channels_are_phases_and_their_differences() -> None:
    series = phantom_case(patient(1)).series
    early, pre, difference = series.early, series.pre, channel(series, "early-pre")
    assert (values_of(channel(series, "pre")) == values_of(pre)).all()
    assert (values_of(difference) == values_of(early) - values_of(pre)).all()
    first, post = channel(series, "first"), next(p for p in series.phases if p.time_s > 0).image
    assert (values_of(first) == values_of(post)).all()
