"""A wrong setting is answered in words, and never ignored."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from tilscope.models.settings import FURTHER_OBJECTS, USUAL_OBJECTS, ObjectSettings, PipelineSettings
from tilscope.service.settings import FurtherObject, ServiceSettings, WrongSettings, bytes_of

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
        ({"workers": 0}, "Setting 'workers': input should be greater than or equal to 1 (given: 0)."),
        ({"workers": "two"}, "Setting 'workers': input should be a valid integer (given: 'two')."),
        ({"worker_memory": "much"}, "Setting 'worker_memory': must be a memory size such as 4GiB or 800MB (given: 'much')."),
        ({"orthanc_url": "localhost"}, "Setting 'orthanc_url': must begin with http:// or https:// and a host (given: 'localhost')."),
        ({"stable_seconds": 1.0}, "The settings: stable_seconds must not be shorter than quiet_seconds."),
        (
            {"objects": ["key-images", "maps"]},
            "Setting 'objects.1': input should be 'parametric-maps', 'secondary-capture', 'key-images' or 'contour-report' (given: 'maps').",
        ),
        ({"segmentation_type": "fractional"}, "Setting 'segmentation_type': input should be 'binary' or 'labelmap' (given: 'fractional')."),
        ({"token": "short"}, "Setting 'token': string should have at least 16 characters."),
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
        ({"timming": {}}, "pipeline has no key 'timming'; did you mean 'timing'?"),
        ({"timing": {"early": 120}}, "pipeline.timing has no key 'early'; did you mean 'early_s'?"),
        ({"timing": {"early_s": "soon"}}, "pipeline.timing.early_s must be a number, not 'soon'"),
        ({"segmentation": {"most_lesions": 1.5}}, "pipeline.segmentation.most_lesions must be a whole number, not 1.5"),
        ({"preparation": {"bias_field": 1}}, "pipeline.preparation.bias_field must be true or false, not 1"),
        ({"timing": 3}, "pipeline.timing must be a JSON object"),
    ],
)
def test_a_mistake_in_the_pipeline_is_found_at_its_place(pipeline: Any, said: str) -> None:
    (problem,) = refused(pipeline=pipeline)
    assert said in problem


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
    assert [settings.back_off_s(n) for n in (1, 2, 3, 4)] == [30, 60, 100, 100]


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


def test_every_object_has_its_word() -> None:
    assert get_args(FurtherObject) == FURTHER_OBJECTS
