"""Whoever computes them: the features that the five signatures take and all that their papers computed, on studies."""

from __future__ import annotations

from dataclasses import replace

import pytest
import textured_study
from phantom_series import phantom_case

from tilscope.models.features import FeatureRequest, NoValue, compute
from tilscope.models.lesions.classical import segment
from tilscope.models.preparation.prepare import prepare
from tilscope.models.settings import MotionSettings, PipelineSettings
from tilscope.models.signatures import all_signatures, complete_sets, evaluate_all
from tilscope.models.signatures.base import SignatureCase
from tilscope.models.signatures.wu2018.features import wu_features
from tilscope.phantom.spec import PhantomSpec

SETTINGS = PipelineSettings(motion=MotionSettings(register=False))


def everything(case: SignatureCase) -> set[FeatureRequest]:
    wanted = {one for signature in all_signatures() for one in signature.needs(case)}
    return wanted | {one for chosen in complete_sets().values() for one in chosen.needs(case)}


def judged(case: SignatureCase) -> int:
    """How many features were compared."""
    wanted = everything(case)
    ours = compute(case.prepared, case.regions, wanted)
    stock = compute(case.prepared, case.regions, wanted, extractor="pyradiomics")
    assert set(ours) == set(stock) == wanted
    for one, value in ours.items():
        expected = stock[one]
        if isinstance(value, NoValue) or isinstance(expected, NoValue):
            assert value == expected, one
        else:
            assert value == pytest.approx(expected, rel=1e-9, abs=1e-12), one
    return sum(isinstance(value, float) for value in ours.values())


@pytest.mark.slow
def test_every_set_on_a_textured_study() -> None:
    assert judged(textured_study.study()) > 6000


@pytest.mark.slow
def test_every_set_on_a_phantom() -> None:
    prepared = prepare(phantom_case(PhantomSpec(matrix=(128, 128, 40), spacing_mm=(2.4, 2.4, 3.0))).series, SETTINGS)
    case = SignatureCase(prepared, segment(prepared, SETTINGS))
    assert judged(case) > 6000
    ours, stock = (wu_features(case.prepared, case.regions, who) for who in ("tilscope", "pyradiomics"))
    assert [one.value for one in ours] == pytest.approx([one.value for one in stock], rel=1e-9)


def test_the_setting_reaches_every_signature() -> None:
    """Both give results of one settings hash, so that references and trained models hold for either."""
    case = textured_study.study(posts_s=(90, 180, 360))
    ours, stock = (
        evaluate_all(case.prepared, case.regions, replace(SETTINGS, extractor=who))
        for who in ("tilscope", "pyradiomics")
    )
    assert SETTINGS.digest() == replace(SETTINGS, extractor="pyradiomics").digest()
    for one, other in zip(ours, stock, strict=True):
        assert one.parameters == other.parameters
        for feature, expected in zip(one.features, other.features, strict=True):
            assert (feature.id, feature.missing) == (expected.id, expected.missing)
            assert feature.value == pytest.approx(expected.value, rel=1e-9)
