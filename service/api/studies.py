"""Routes for programs: the list of studies with their states, and one study with its timeline."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from tilscope.models.result_schema import readable_results
from tilscope.service.api.context import ApiContext, StudyUid
from tilscope.service.api.errors import ErrorAnswer
from tilscope.service.api.identified_studies import wanted_studies
from tilscope.service.api.schemas import EntryAnswer, LesionReadingAnswer, ListedStudy, Story, StudyAnswer, StudyList
from tilscope.service.api.search_filters import Filters
from tilscope.service.ledger.study_search import Search

#: Refusals that every route about one study may give.
NO_STUDY: dict[int | str, dict[str, Any]] = {404: {"model": ErrorAnswer, "description": "No such study is known."}}
WRONG: dict[int | str, dict[str, Any]] = {400: {"model": ErrorAnswer, "description": "The request is wrong, and how."}}
UNREACHABLE: dict[int | str, dict[str, Any]] = {503: {"model": ErrorAnswer, "description": "Orthanc does not answer."}}


def router(context: ApiContext) -> APIRouter:
    routes = APIRouter(prefix="/studies", tags=["studies"])
    search = Search(context.ledger.reading)

    @routes.get(
        "",
        summary="Find studies by time, state, words, patient, accession number and score.",
        responses={**WRONG, **UNREACHABLE},
    )
    def studies(filters: Annotated[Filters, Query()]) -> StudyList:
        found, total = search.studies(wanted_studies(context, filters), filters.limit, filters.offset)
        scores = search.scores([s.study_uid for s in found])
        listed = [ListedStudy.of(s, scores[s.study_uid]) for s in found]
        return StudyList(studies=listed, total=total, limit=filters.limit, offset=filters.offset)

    @routes.get(
        "/{study_uid}", summary="One study and everything that happened to it.", responses={**WRONG, **NO_STUDY}
    )
    def study(study_uid: StudyUid) -> Story:
        current, *earlier = inputs = context.inputs_of(study_uid)
        scored = context.result_of(inputs)
        result = next(readable_results([scored[1]]), None) if scored else None
        return Story(
            **Story.fields_of(current),
            objects=list(result.objects) if result else [],
            timings_s=result.timings_s if result else {},
            cpu_s=result.cpu_s if result else {},
            readings=[LesionReadingAnswer.of(one) for one in context.ledger.readings.of(study_uid)],
            timeline=[EntryAnswer.of(entry) for entry in context.reader.timeline(study_uid)],
            earlier_inputs=[StudyAnswer(**StudyAnswer.fields_of(s)) for s in earlier],
        )

    return routes
