"""A wrong setting is answered in words, and never ignored."""

from __future__ import annotations

from math import inf, nan
from pathlib import Path
from typing import Any, get_args

import pytest

from tilscope.models.refusals import WrongSettings
from tilscope.models.settings import FURTHER_OBJECTS, USUAL_OBJECTS, ObjectSettings, PipelineSettings
from tilscope.service.settings import FurtherObject, ServiceSettings, bytes_of
from tilscope.service.settings_documentation import settings_page

NEEDED = {"data_directory": "/var/lib/tilscope", "token": "0123456789abcdef"}


def refused(**values: Any) -> list[str]:
    with pytest.raises(WrongSettings) as told:
        ServiceSettings.read({**NEEDED, **values})
    return told.value.problems


def test_two_settings_are_enough() -> None:
    settings = ServiceSettings.read(NEEDED)
    assert settings.ledger_url == "sqlite:////var/lib/tilscope/ledger.sqlite"
    assert settings.pipeline == PipelineSettings()


def test_what_the_plugin_sends_is_understood() -> None:
    sent = {
        "orthanc_url": "http://127.0.0.1:8042/", "orthanc_authorization": "Bearer x", "quiet_seconds": 3, "stable_seconds": 60,
        "workers": 1, "worker_memory": "4GiB", "timeout_seconds": 600, "attempts": 3, "lookback_hours": 24,
        "log_level": "INFO", "demo": False, "objects": [], "segmentation_type": "binary",
    }  # fmt: skip
    settings = ServiceSettings.read({**NEEDED, **sent})
    assert settings.orthanc.url == "http://127.0.0.1:8042"
    assert settings.orthanc.authorization == "Bearer x"
    assert settings.worker_memory_bytes == 4 * 2**30


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"quiet_second": 3}, "There is no setting 'quiet_second'; did you mean 'quiet_seconds'?"),
        ({"workers": 0}, "workers must be a whole number from 1 to 1024, not 0."),
        ({"workers": "two"}, 'workers must be a whole number from 1 to 1024, not "two".'),
        ({"worker_memory": "much"}, 'worker_memory must be a memory size from 64MiB to 1PiB, such as 4GiB or 800MB, not "much".'),
        ({"orthanc_url": "localhost"}, 'orthanc_url must be an address with http:// or https:// and a host, not "localhost".'),
        ({"stable_seconds": 1.0}, "stable_seconds must be at least quiet_seconds (3), not 1."),
        (
            {"objects": ["key-images", "maps"]},
            'objects must be a list of none or more of "parametric-maps", "secondary-capture", "key-images", "contour-report", "presentation-state", "rt-structure-set" or "turning-mip", not ["key-images", "maps"].',
        ),
        ({"segmentation_type": "fractional"}, 'segmentation_type must be "binary" or "labelmap", not "fractional".'),
        ({"token": "short"}, "token must be a text of at least 16 characters."),
        ({"workers": True}, "workers must be a whole number from 1 to 1024, not true."),
        ({"attempts": 2.0}, "attempts must be a whole number from 1 to 100, not 2.0."),
        ({"quiet_seconds": nan}, "quiet_seconds must be a number above 0 and of at most 86400, not NaN."),
        ({"timeout_seconds": inf}, "timeout_seconds must be a number above 0 and of at most 86400, not Infinity."),
        ({"lookback_hours": 1e300}, "lookback_hours must be a number from 0 to 87600, not 1e+300."),
        ({"retry_seconds": 60, "retry_at_most_seconds": 30}, "retry_at_most_seconds must be at least retry_seconds (60), not 30."),
        ({"worker_memory": "0"}, 'worker_memory must be a memory size from 64MiB to 1PiB, such as 4GiB or 800MB, not "0".'),
        ({"worker_memory": 4}, "worker_memory must be a memory size from 64MiB to 1PiB, such as 4GiB or 800MB, not 4."),
        ({"worker_memory": "9" * 400}, f'worker_memory must be a memory size from 64MiB to 1PiB, such as 4GiB or 800MB, not "{"9" * 79}….'),
        ({"data_directory": ""}, 'data_directory must be a text of at least 1 character, not "".'),
        ({"orthanc_password": 3.14}, "orthanc_password must be a text."),
        ({"webhooks": ["https://hospital.example/secret"]}, "webhooks.0 must be an object with settings of its own."),
        ({"demo": "no"}, 'demo must be true or false, not "no".'),
    ],
)  # fmt: skip
def test_each_mistake_has_its_sentence(values: dict[str, Any], sentence: str) -> None:
    assert refused(**values) == [sentence]


def test_all_mistakes_are_told_at_once() -> None:
    assert len(refused(workers=0, atempts=3, log_level="LOUD")) == 3


def test_a_missing_setting_is_named() -> None:
    with pytest.raises(WrongSettings, match="The setting 'token' is missing"):
        ServiceSettings.read({"data_directory": "/x"})


def test_settings_of_the_pipeline_keep_their_types() -> None:
    pipeline = {"timing": {"early_s": 120, "late_window_s": [240, 600]}, "segmentation": {"most_lesions": 3}}
    settings = ServiceSettings.read({**NEEDED, "pipeline": pipeline}).pipeline
    assert settings.timing.early_s == 120.0
    assert settings.timing.late_window_s == (240.0, 600.0)
    assert settings.segmentation.most_lesions == 3
    assert settings.digest() != PipelineSettings().digest()


@pytest.mark.parametrize(
    ("pipeline", "said"),
    [
        ({"timming": {}}, "There is no setting 'pipeline.timming'; did you mean 'timing'?"),
        ({"timing": {"early": 120}}, "There is no setting 'pipeline.timing.early'; did you mean 'early_s'?"),
        ({"timing": {"early_s": "soon"}}, 'pipeline.timing.early_s must be a number from 0 to 3600, not "soon".'),
        (
            {"segmentation": {"most_lesions": 1.5}},
            "pipeline.segmentation.most_lesions must be a whole number from 1 to 40, not 1.5.",
        ),
        ({"preparation": {"bias_field": 1}}, "pipeline.preparation.bias_field must be true or false, not 1."),
        ({"timing": 3}, "pipeline.timing must be an object with settings of its own, not 3."),
        (3, "pipeline must be an object with settings of its own, not 3."),
        ({"quality": {"snr_refused": nan}}, "pipeline.quality.snr_refused must be a number of at least 0, not NaN."),
        (
            {"timing": {"early_window_s": [240]}},
            "pipeline.timing.early_window_s must be a list of 2 numbers from 0 to 3600, the smaller first, not [240].",
        ),
        (
            {"timing": {"early_window_s": [240, 60]}},
            "pipeline.timing.early_window_s must be a list of 2 numbers from 0 to 3600, the smaller first, not [240, 60].",
        ),
        ({"motion": {"largest_rms_mm": -5}}, "pipeline.motion.largest_rms_mm must be a number from 0 to 50, not -5."),
        (
            {"segmentation": {"most_lesions": 0}},
            "pipeline.segmentation.most_lesions must be a whole number from 1 to 40, not 0.",
        ),
        (
            {"segmentation": {"most_lesions": True}},
            "pipeline.segmentation.most_lesions must be a whole number from 1 to 40, not true.",
        ),
        (
            {"timing": {"early_s": 300}},
            "pipeline.timing.early_s must lie in early_window_s, from 60 to 240, not at 300.",
        ),
        ({"objects": {"labelmap": 1}}, "pipeline.objects.labelmap must be true or false, not 1."),
        ({"demo": None}, "pipeline.demo must be true or false, not null."),
    ],
)
def test_a_mistake_in_the_pipeline_is_found_at_its_place(pipeline: Any, said: str) -> None:
    assert refused(pipeline=pipeline) == [said]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"retry_seconds": nan}, ["retry_seconds must be a number from 0 to 86400, not NaN."]),
        ({"token": "secret"}, ["token must be a text of at least 16 characters."]),
        ({"pipeline": {"demo": 1}}, ["pipeline.demo must be true or false, not 1."]),
    ],
)
def test_whoever_makes_them_in_python_is_told_the_same(values: dict[str, Any], told: list[str]) -> None:
    with pytest.raises(WrongSettings) as wrong:
        ServiceSettings(**{**NEEDED, **values})
    assert wrong.value.problems == told


def test_secrets_do_not_show() -> None:
    secrets = {
        "token": "secret-token-1234",
        "orthanc_password": "secret-password",
        "orthanc_authorization": "secret-header",
    }
    settings = ServiceSettings.read({**NEEDED, **secrets})
    assert "secret" not in repr(settings)
    assert "secret" not in repr(settings.orthanc)


def test_the_back_off_doubles_up_to_a_limit() -> None:
    settings = ServiceSettings.read({**NEEDED, "retry_seconds": 30, "retry_at_most_seconds": 100})
    assert [settings.back_off.after(n) for n in (1, 2, 3, 4)] == [30, 60, 100, 100]


@pytest.mark.parametrize(
    ("words", "size"), [("4GiB", 2**32), ("800MB", 800_000_000), ("1.5 gib", 1610612736), ("12", 12)]
)
def test_memory_sizes(words: str, size: int) -> None:
    assert bytes_of(words) == size


def test_the_objects_that_a_site_wants_are_told_to_the_pipeline() -> None:
    assert ServiceSettings.read(NEEDED).installed_pipeline.objects == USUAL_OBJECTS
    wanted = ServiceSettings.read({**NEEDED, "objects": ["key-images"], "segmentation_type": "labelmap"})
    assert wanted.installed_pipeline.objects == ObjectSettings(key_images=True, labelmap=True)
    either = ServiceSettings.read(
        {**NEEDED, "objects": ["key-images"], "pipeline": {"objects": {"parametric_maps": True}}}
    )
    assert either.installed_pipeline.objects == ObjectSettings(key_images=True, parametric_maps=True)


def test_the_reference_is_current() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "settings.md"
    assert page.read_text(encoding="utf-8") == settings_page(), (
        "run: python -m tilscope.service.settings_documentation > docs/settings.md"
    )


def test_every_object_has_its_word() -> None:
    assert get_args(FurtherObject) == FURTHER_OBJECTS
