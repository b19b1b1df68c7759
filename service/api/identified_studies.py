"""Studies that are asked for by what people know them by: a patient's identifier, an accession number."""

from __future__ import annotations

from dataclasses import replace

from tilscope.service.api.context import ApiContext
from tilscope.service.api.search_filters import Filters
from tilscope.service.ledger.study_search import StudyQuery


def wanted_studies(context: ApiContext, filters: Filters) -> StudyQuery:
    """The query of these filters. Raises `ApiError` where Orthanc must be asked and does not answer."""
    wanted = filters.wanted
    if filters.patient_id:
        wanted = _among(wanted, context.ledger.annotations.studies_of_patient(filters.patient_id))
    if filters.accession_number:
        # The ledger holds none: Orthanc knows them, and has an index of them.
        with context.archive() as archive:
            wanted = _among(wanted, archive.studies_with_accession(filters.accession_number))
    return wanted


def _among(wanted: StudyQuery, studies: frozenset[str]) -> StudyQuery:
    return replace(wanted, among=studies if wanted.among is None else wanted.among & studies)
