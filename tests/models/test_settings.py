"""No setting is taken that cannot be meant, whoever gives it; and the settings hash is what it always was."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, fields, is_dataclass, replace
from math import inf, nan
from typing import Any

import pytest
from pydantic import TypeAdapter

from tilscope.models.refusals import WrongSettings
from tilscope.models.setting_limits import limit_in_words
from tilscope.models.settings import (
    FtvSettings,
    MotionSettings,
    PipelineSettings,
    PreparationSettings,
    QualitySettings,
    SegmentationSettings,
    TimingSettings,
)

DEFAULTS = PipelineSettings()
SECTIONS = [f.name for f in fields(DEFAULTS) if is_dataclass(getattr(DEFAULTS, f.name))]
#: Every field of every section, as the schema of its class has it.
FIELDS = [
    (section, key, schema)
    for section in SECTIONS
    for key, schema in TypeAdapter(type(getattr(DEFAULTS, section))).json_schema()["properties"].items()
]


def problem_of(make: Callable[[], object]) -> str:
    with pytest.raises(WrongSettings) as refused:
        make()
    (problem,) = refused.value.problems
    assert str(refused.value) == problem
    return problem


def changed(section: str, **values: Any) -> PipelineSettings:
    return replace(DEFAULTS, **{section: replace(getattr(DEFAULTS, section), **values)})


# ---------------------------------------------------------------------------------------------------- single settings


@pytest.mark.parametrize(
    ("section", "key", "value", "said"),
    [
        ("timing", "early_s", -1, "a number from 0 to 3600, not -1"),
        ("timing", "early_s", 150000, "a number from 0 to 3600, not 150000"),
        ("timing", "early_s", "soon", 'a number from 0 to 3600, not "soon"'),
        ("timing", "late_s", None, "a number from 0 to 3600, not null"),
        ("timing", "early_window_s", [240], "a list of 2 numbers from 0 to 3600, the smaller first, not [240]"),
        ("timing", "early_window_s", [240, 60], "a list of 2 numbers from 0 to 3600, the smaller first, not [240, 60]"),
        ("timing", "early_window_s", [60, 60], "a list of 2 numbers from 0 to 3600, the smaller first, not [60, 60]"),
        ("timing", "early_window_s", (60, 240, 300), "a list of 2 numbers from 0 to 3600, the smaller first, not [60, 240, 300]"),
        ("timing", "late_window_s", [300, nan], "a list of 2 numbers from 0 to 3600, the smaller first, not [300, NaN]"),
        ("timing", "late_window_s", 660, "a list of 2 numbers from 0 to 3600, the smaller first, not 660"),
        ("ftv", "pe_threshold_percent", inf, "a number from 0 to 1000, not Infinity"),
        ("ftv", "background_percentile", 101, "a number from 0 to 100, not 101"),
        ("ftv", "background_fraction", True, "a number from 0 to 1, not true"),
        ("ftv", "minimum_neighbours", 27, "a whole number from 0 to 26, not 27"),
        ("ftv", "minimum_neighbours", 4.0, "a whole number from 0 to 26, not 4.0"),
        ("preparation", "bias_field", 1, "true or false, not 1"),
        ("preparation", "bias_field", "yes", 'true or false, not "yes"'),
        ("preparation", "bias_grid_mm", 0, "a number above 0 and of at most 100, not 0"),
        ("preparation", "bias_iterations", [], "a list of 1 to 6 whole numbers from 1 to 1000, not []"),
        ("preparation", "bias_iterations", [50, True], "a list of 1 to 6 whole numbers from 1 to 1000, not [50, true]"),
        ("preparation", "bias_iterations", [50, 0, -1], "a list of 1 to 6 whole numbers from 1 to 1000, not [50, 0, -1]"),
        ("motion", "largest_rms_mm", -5, "a number from 0 to 50, not -5"),
        ("motion", "largest_rms_mm", "6", 'a number from 0 to 50, not "6"'),
        ("segmentation", "segmenter", "", 'a text of at least 1 character, not ""'),
        ("segmentation", "segmenter", 3, "a text of at least 1 character, not 3"),
        ("segmentation", "most_lesions", 0, "a whole number from 1 to 40, not 0"),
        ("segmentation", "most_lesions", True, "a whole number from 1 to 40, not true"),
        ("segmentation", "most_lesions", 2.5, "a whole number from 1 to 40, not 2.5"),
        ("quality", "snr_refused", nan, "a number of at least 0, not NaN"),
        ("quality", "confidence_warned", 40, "a number from 0 to 1, not 40"),
        ("quality", "usual_diameter_mm", [100, 8], "a list of 2 numbers from 0 to 500, the smaller first, not [100, 8]"),
        ("objects", "labelmap", "true", 'true or false, not "true"'),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_with_its_limit(section: str, key: str, value: Any, said: str) -> None:
    assert problem_of(lambda: changed(section, **{key: value})) == f"{section}.{key} must be {said}."


def wrong_values(schema: dict[str, Any]) -> list[Any]:
    """What no field of this kind may take, and each end of its range passed."""
    match schema["type"]:
        case "boolean":
            return [None, 0, 1, "true", [], nan]
        case "string":
            return [None, True, 1, ["classical"]]
        case "array":
            each = (schema.get("prefixItems") or [schema["items"]])[0]
            return [None, True, {}, [], "ab", *([wrong] * 2 for wrong in wrong_values(each))]
        case kind:
            wrong: list[Any] = [None, True, False, "1", [1], {}, nan, inf, -inf, 10**400]
            if "maximum" in schema:
                wrong.append(schema["maximum"] + 1)
            wrong.append(schema["exclusiveMinimum"] if "exclusiveMinimum" in schema else schema["minimum"] - 1)
            return [*wrong, 1.0] if kind == "integer" else wrong


@pytest.mark.parametrize(("section", "key", "schema"), FIELDS)
def test_no_field_takes_another_type_nan_or_what_lies_beyond_its_limits(
    section: str, key: str, schema: dict[str, Any]
) -> None:
    for wrong in wrong_values(schema):
        told = problem_of(lambda wrong=wrong: changed(section, **{key: wrong}))
        assert told.startswith(f"{section}.{key} must be {limit_in_words(schema)}, not "), told


@pytest.mark.parametrize(("section", "key", "schema"), FIELDS)
def test_every_field_takes_its_default_and_both_ends_of_its_range(
    section: str, key: str, schema: dict[str, Any]
) -> None:
    default = getattr(getattr(DEFAULTS, section), key)
    assert changed(section, **{key: default}) == DEFAULTS
    for end in (schema[name] for name in ("minimum", "maximum") if name in schema):
        with suppress(WrongSettings):  # another setting may contradict; the field itself must hold the end
            assert getattr(getattr(changed(section, **{key: end}), section), key) == end
            continue
        told = problem_of(lambda end=end: changed(section, **{key: end}))
        assert limit_in_words(schema) not in told


def test_a_long_value_is_cut_off() -> None:
    told = problem_of(lambda: changed("preparation", bias_iterations=[50] * 1000))
    assert len(told) < 200
    assert told.endswith(" 50,…."), told


# -------------------------------------------------------------------------------------------- settings that go together


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: TimingSettings(early_s=300), "timing.early_s must lie in early_window_s, from 60 to 240, not at 300."),
        (lambda: TimingSettings(late_s=700), "timing.late_s must lie in late_window_s, from 300 to 660, not at 700."),
        (lambda: TimingSettings(early_s=200, late_s=150, late_window_s=(100, 660)), "timing.late_s must be later than early_s (200), not 150."),
        (lambda: MotionSettings(largest_rms_mm=0.5), "motion.largest_rms_mm must be at least still_rms_mm (0.75), not 0.5."),
        (lambda: QualitySettings(snr_warned=3), "quality.snr_warned must be at least snr_refused (4), not 3."),
        (lambda: PipelineSettings(quality=4), "quality must be an object with settings of its own, not 4."),
    ],
)  # fmt: skip
def test_settings_that_contradict_each_other_are_refused(make: Callable[[], object], said: str) -> None:
    assert problem_of(make) == said


def test_an_unknown_key_is_refused_with_what_was_meant() -> None:
    assert problem_of(lambda: changed("timing", early=120)) == (
        "There is no setting 'timing.early'; did you mean 'early_s'?"
    )
    assert problem_of(lambda: replace(DEFAULTS, timming=TimingSettings())) == (
        "There is no setting 'timming'; did you mean 'timing'?"
    )
    assert problem_of(lambda: changed("motion", zzz=1)) == (
        "There is no setting 'motion.zzz'. Known are: largest_rms_mm, register, still_rms_mm."
    )


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(WrongSettings) as refused:
        QualitySettings(snr_refused=nan, most_fgt_percent=-1, confidence=0.5)  # type: ignore[call-arg]
    assert [problem.split()[0] for problem in refused.value.problems] == [
        "quality.snr_refused", "quality.most_fgt_percent", "There",
    ]  # fmt: skip


# ----------------------------------------------------------------------------------------------- what they are used for


def test_lists_and_whole_numbers_become_what_the_settings_hold() -> None:
    written = TimingSettings(early_s=120, late_window_s=[240, 600])  # type: ignore[arg-type]
    assert written == TimingSettings(early_s=120.0, late_window_s=(240.0, 600.0))
    assert type(written.early_s) is float
    assert type(written.late_window_s) is tuple
    assert changed("timing", early_s=120).digest() == changed("timing", early_s=120.0).digest()


@pytest.mark.parametrize(
    ("settings", "digest"),
    [
        (DEFAULTS, "bb8a2d144a6b79aa"),
        (replace(DEFAULTS, demo=True, models_folder="/m", quality=QualitySettings(snr_warned=60.0)), "bb8a2d144a6b79aa"),
        (
            PipelineSettings(
                timing=TimingSettings(early_s=120.0, late_window_s=(240.0, 600.0)),
                segmentation=SegmentationSettings(most_lesions=3),
            ),
            "76d1abe2adac3d9a",
        ),
        (
            PipelineSettings(
                motion=MotionSettings(register=False),
                preparation=PreparationSettings(bias_iterations=(20, 10), bias_field=False),
                ftv=FtvSettings(pe_threshold_percent=50.0),
            ),
            "86c653d2f1b3e071",
        ),
    ],
)  # fmt: skip
def test_the_settings_hash_is_that_of_the_results_which_were_stored(settings: PipelineSettings, digest: str) -> None:
    assert settings.digest() == digest


def test_settings_reach_a_worker_as_they_are() -> None:
    assert pickle.loads(pickle.dumps(DEFAULTS)) == DEFAULTS
    assert TypeAdapter(PipelineSettings).validate_python(asdict(DEFAULTS)) == DEFAULTS
    with pytest.raises(WrongSettings) as refused:
        MotionSettings(largest_rms_mm=-5)
    assert pickle.loads(pickle.dumps(refused.value)).problems == refused.value.problems
