"""What a result was computed from, as two short names: of its measurements, and of all that was concluded from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tilscope.dicom_io.archives import Archive
from tilscope.dicom_io.dce.source import DceSource
from tilscope.dicom_io.manual_roi.selection import ManualRoiObject
from tilscope.models import PIPELINE_VERSION
from tilscope.models.settings import DescriptionSettings, PipelineSettings
from tilscope.models.short_hash import hash_of_facts
from tilscope.models.signatures import all_signatures
from tilscope.models.signatures.base import Molecular, settings_hash
from tilscope.service.site.installed import digest_of_installed
from tilscope.service.site.molecular import NOTHING_KNOWN, words_of


def with_digests(
    archive: Archive, sources: Sequence[DceSource], manual_rois: Sequence[ManualRoiObject]
) -> list[DceSource]:
    """The same dynamic series with digests of their images and of the study's manual ROIs, as the archive keeps them."""
    uids = dict.fromkeys(uid for source in sources for uid in source.files_needed)
    digests = archive.digests(sources[0].study_uid, [*uids, *(roi.instance_uid for roi in manual_rois)])
    return [replace(source, digests=digests) for source in sources]


def measurement_hash(sources: Sequence[DceSource], settings: PipelineSettings, lesions: Sequence[str] = ()) -> str:
    """Names exactly what was measured, and how: all but what is installed at the site and the molecular findings.

    Equal hashes give equal regions and features, and equal UIDs of segmentations. `lesions` are people's annotations of
    them: the instances of manual ROIs, a seed, a box. What the instances hold counts where the archive keeps digests
    (`with_digests`): images and ROIs that were replaced under their UIDs are another input.
    """
    facts = [PIPELINE_VERSION, settings.digest(), repr(settings.quality), sources[0].study_uid]
    facts += [settings_hash(signature, settings) for signature in all_signatures()]
    facts += ["demo"] if settings.demo else []
    facts += [repr(settings.description)] if settings.description != DescriptionSettings() else []
    # Masks and label maps of one measurement are different objects, and a report names those that it was written with.
    facts += ["labelmap"] if settings.objects.labelmap else []
    facts += sorted({source.site_rule for source in sources if source.site_rule})
    facts += sorted(uid for source in sources for uid in source.instance_uids)
    facts += sorted(lesions)
    used = {*lesions, *(uid for source in sources for uid in source.files_needed)}
    facts += sorted({f"{uid} {digest}" for source in sources for uid, digest in source.digests.items() if uid in used})
    return hash_of_facts(facts, 32)


def input_hash(
    sources: Sequence[DceSource],
    settings: PipelineSettings,
    lesions: Sequence[str] = (),
    molecular: Molecular = NOTHING_KNOWN,
) -> str:
    """Names exactly what a result was computed from and how. Equal hashes give equal results and equal UIDs."""
    facts = [measurement_hash(sources, settings, lesions), digest_of_installed(settings), *words_of(molecular)]
    facts += ["doubtful scores withheld"] if settings.withhold_doubtful_scores else []
    return hash_of_facts(facts, 32)
