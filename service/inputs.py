"""What a result was computed from, as one short name."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from dicom_io.dce.source import DceSource
from models import PIPELINE_VERSION
from models.settings import PipelineSettings
from service.references import digest_of_installed


def input_hash(sources: Sequence[DceSource], settings: PipelineSettings, said: Sequence[str] = ()) -> str:
    """Names exactly what a result was computed from and how. Equal hashes give equal results and equal UIDs.

    `said` is what people have said: the instances in which they have drawn lesions, a seed, a box, molecular findings.
    """
    facts = [
        PIPELINE_VERSION,
        settings.digest(),
        repr(settings.quality),
        digest_of_installed(settings),
        sources[0].study_uid,
    ]
    facts += sorted({source.site_rule for source in sources if source.site_rule})
    facts += sorted(uid for source in sources for uid in source.instance_uids)
    facts += sorted(said)
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:32]
