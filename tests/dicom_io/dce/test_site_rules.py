"""What a site may say of its own scanners, and what it may not overrule."""

from __future__ import annotations

from pathlib import Path

import pytest
from mr_headers import one_series, series_per_phase
from pydicom import Dataset

from tilscope.dicom_io.dce.assembly import inspect
from tilscope.dicom_io.dce.site_rules import SiteRule, read_rules, rule_for
from tilscope.models.refusals import BadInput

PROTOCOL = SiteRule(name="frozen clocks", phase_times_s=(-90, 90, 270, 450))


def frozen() -> list[Dataset]:
    """Four phases told apart by TemporalPositionIdentifier while every clock stands still."""
    return one_series((0, 0, 0, 0))


def test_a_protocols_times_serve_where_no_clock_does() -> None:
    assert inspect(frozen()).refusal is not None
    (source,) = inspect(frozen(), rule=PROTOCOL).require_sources()
    assert [phase.time_s for phase in source.phases] == [-90, 90, 270, 450]
    assert source.time_zero == "the protocol's times, by the site's rule 'frozen clocks'"
    assert source.site_rule == PROTOCOL.label


def test_a_protocols_times_never_overrule_a_clock() -> None:
    (by_clock,) = inspect(one_series((0, 200, 320, 560))).require_sources()
    (by_rule,) = inspect(one_series((0, 200, 320, 560)), rule=PROTOCOL).require_sources()
    assert [p.time_s for p in by_rule.phases] == [p.time_s for p in by_clock.phases]


def test_times_for_another_number_of_phases_are_refused_and_named() -> None:
    refusal = inspect(one_series((0, 0, 0, 0, 0)), rule=PROTOCOL).refusal
    assert refusal is not None
    assert "the site's rule 'frozen clocks' gives 4 times for 5 phases" in str(refusal)


def test_series_are_left_out_by_description_and_the_reason_names_the_rule() -> None:
    headers = series_per_phase() + one_series(slices=20, SeriesDescription="research copy", SeriesNumber=40)
    rule = SiteRule(name="no copies", never_series=("*COPY*",))
    assembly = inspect(headers, rule=rule)
    reasons = {f.description: f.reason for f in assembly.findings}
    assert reasons["research copy"] == "left out by the site's rule 'no copies'"
    only = inspect(headers, rule=SiteRule(name="copies only", only_series=("research*",)))
    assert [f.description for f in only.findings if f.used_as] == ["research copy"]


@pytest.mark.parametrize(
    ("rule", "sender", "fits"),
    [
        (SiteRule(name="all"), "", True),
        (SiteRule(name="sender", calling_aet=("MR1", "RES*")), "research", True),
        (SiteRule(name="sender", calling_aet=("MR1", "RES*")), "MR2", False),
        (SiteRule(name="sender", calling_aet=("MR1",)), "", False),
        (SiteRule(name="images", match={"SeriesDescription": "dyn*"}), "", True),
        (SiteRule(name="images", match={"SeriesDescription": "[dyn]*"}), "", False),
        (SiteRule(name="images", match={"SeriesDescription": "dyn*", "Manufacturer": "GE*"}), "", False),
    ],
)
def test_a_rule_applies_to_a_sender_and_to_what_the_images_say(rule: SiteRule, sender: str, fits: bool) -> None:
    assert (rule_for([rule], one_series(), sender) is rule) is fits


def test_the_first_rule_that_fits_applies() -> None:
    one, two = SiteRule(name="one", calling_aet=("X",)), SiteRule(name="two")
    assert rule_for([one, two], one_series(), "X") is one
    assert rule_for([one, two], one_series(), "Y") is two


def test_a_rule_that_says_another_thing_has_another_label() -> None:
    changed = PROTOCOL.model_copy(update={"phase_times_s": (-90.0, 90.0, 270.0, 451.0)})
    assert changed.label != PROTOCOL.label


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[[rule]]\nname='a'\nmatch={ProtocolNam='x'}", "ProtocolNam is no DICOM keyword"),
        ("[[rule]]\nname='a'\nphase_times_s=[90, 270, 450]", "the first before the injection (negative)"),
        ("[[rule]]\nname='a'\nphase_times_s=[-90, 450, 270]", "in ascending order"),
        ("[[rule]]\nname='a'\nphase_times_s=[-90, 90, inf]", "finite number"),
        ("[[rule]]\nname='a'\nphase_time_s=[-90, 90, 450]", "rule.0.phase_time_s: Extra inputs are not permitted"),
        ("[[rule]]\nscore=false", "rule.0.name: Field required"),
        ("rule = ", "Invalid value"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_place(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        read_rules(path)
    assert refused.value.code == "unusable-rules"
    assert problem in str(refused.value)
