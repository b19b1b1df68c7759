"""A study of an archive, assembled by the rules of this site."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydicom import Dataset

from tilscope.dicom_io.archives import Archive
from tilscope.dicom_io.dce.assembly import Assembly, inspect
from tilscope.dicom_io.dce.site_rules import SiteRule, read_rules, rule_for
from tilscope.models.settings import PipelineSettings


@dataclass(frozen=True, eq=False)
class InspectedStudy:
    """What the inspection of a study's headers gives."""

    headers: list[Dataset]
    assembly: Assembly
    rule: SiteRule | None
    """The site's rule that fits the study."""


def inspect_study(
    archive: Archive,
    study_uid: str,
    settings: PipelineSettings,
    calling_aet: str = "",
    headers: list[Dataset] | None = None,
) -> InspectedStudy:
    """Read a study's headers and assemble its dynamic series by the rule of this site that fits.

    `calling_aet` names the sender of a study outside an archive, where it cannot be asked for; `headers` are those that
    were read already.
    """
    headers = archive.headers(study_uid) if headers is None else headers
    rule = None
    if rules := installed_rules(settings):
        # The sender costs a query to the archive; asked only where a rule depends on it.
        wanted = any(rule.calling_aet for rule in rules)
        sender = calling_aet or (archive.calling_aet(study_uid) if wanted else "")
        rule = rule_for(rules, headers, sender)
    return InspectedStudy(headers, inspect(headers, settings.timing, rule), rule)


def installed_rules(settings: PipelineSettings) -> tuple[SiteRule, ...]:
    """Read anew for each study, so that a changed rule applies to the next one."""
    path = Path(settings.site_rules_file)
    return read_rules(path) if settings.site_rules_file and path.exists() else ()
