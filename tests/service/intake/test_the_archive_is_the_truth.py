"""What the ledger says and what a real Orthanc holds are made one, whoever deletes, replaces or restores what in it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from kept_results import result_of
from mr_headers import one_series
from orthanc_server import OrthancServer, eventually
from pydicom import Dataset
from pydicom.uid import CTImageStorage, EncapsulatedPDFStorage, SegmentationStorage
from watched_orthanc import NEVER_S, Bench, dynamic, instance_of, send

from tilscope.dicom_io.identity import MANUFACTURER
from tilscope.service.intake import left_overs
from tilscope.service.intake.reconciler import Reconciler
from tilscope.service.ledger.archived import Sweep
from tilscope.service.ledger.states import Event, State

SR = "1.2.840.10008.5.1.4.1.1.88.34"
Watch = Callable[..., "Truth"]


def short_uid() -> str:
    """To which those of its results are added."""
    return f"1.2.826.{secrets.randbelow(10**20)}"


class Truth(Bench):
    """With whoever compares the ledger with the archive, and studies that are scored with objects in the archive."""

    def __init__(self, orthanc: OrthancServer, folder: Path, **settings: object) -> None:
        super().__init__(orthanc, folder, **{"comparison_per_second": 1000.0, **settings})
        self.orthanc = orthanc
        self.reconciler = Reconciler(self.ledger, self.settings, self.watcher.poke)
        self.reconciler.start()

    def scored(self) -> str:
        """A study that was scored, and whose results are stored."""
        study = short_uid()
        send(self.orthanc, dynamic(study))
        self.becomes(study, State.READY)
        self.store_results(study)
        return study

    def store_results(self, study: str) -> None:
        """As the engine and its worker would."""
        result = result_of(study)
        classes = {"SEG": SegmentationStorage, "SR": SR, "DOC": EncapsulatedPDFStorage}
        for stored in result["objects"]:
            self.store_object(study, stored["kind"], classes[stored["kind"]], stored["series_uid"])
        claim = self.ledger.attempts.claim()
        assert claim is not None
        assert claim.study_uid == study
        self.ledger.attempts.succeeded(claim, claim.input_hash, result)

    def store_object(self, study: str, kind: str, sop_class: str, series_uid: str, **tags: object) -> None:
        """Of ours, as far as headers tell."""
        (header,) = one_series((0,), 1, Modality=kind, SOPClassUID=sop_class)
        ours = {"Manufacturer": MANUFACTURER, "SeriesInstanceUID": series_uid, "SOPInstanceUID": f"{series_uid}.1"}
        self.orthanc.store(instance_of(header, study, **ours, **tags))

    def orthanc_id(self, uid: str) -> str:
        """Of a study, or of a series."""
        return next(str(one["ID"]) for one in self.orthanc.http.post("/tools/lookup", content=uid).json())

    def files(self) -> set[Path]:
        """Of all instances, on the disk."""
        return set(self.orthanc.storage.glob("??/??/*"))

    def delete_report(self, study: str) -> None:
        self.orthanc.http.delete(f"/series/{self.orthanc_id(study + '.2')}").raise_for_status()

    def delete(self, study: str) -> None:
        self.orthanc.http.delete(f"/studies/{self.orthanc_id(study)}").raise_for_status()

    def story(self, study: str) -> list[tuple[str, str]]:
        return [(entry.event, entry.detail) for entry in self.reader.timeline(study)]

    def sweep(self) -> Sweep:
        """One whole comparison, begun now."""
        before = self.ledger.archived.sweep()
        self.reconciler.sweep_now()

        def ended() -> Sweep | None:
            found = self.ledger.archived.sweep()
            return found if found and found.ended_at and (not before or found.begun_at > before.begun_at) else None

        found = eventually(ended, "the sweep ends")
        assert found is not None
        return found

    def stop(self) -> None:
        self.reconciler.stop()
        super().stop()


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OrthancServer]:
    # Without a cache, a file that is lost is missed at once.
    keys = {"StableAge": round(NEVER_S), "OverwriteInstances": True, "MaximumStorageCacheSize": 0}
    with OrthancServer(tmp_path_factory.mktemp("orthanc"), orthanc=keys) as server:
        yield server


@pytest.fixture
def watch(orthanc: OrthancServer, tmp_path: Path) -> Iterator[Watch]:
    running: list[Truth] = []

    def one(**settings: object) -> Truth:
        running.append(Truth(orthanc, tmp_path, **settings))
        return running[-1]

    yield one
    for truth in running:
        truth.stop()


# ------------------------------------------------------------------------------------------------- when it arrives again


def test_a_study_that_was_deleted_and_sent_again_gets_its_results_again(watch: Watch) -> None:
    truth = watch()
    study = truth.scored()
    truth.delete(study)  # and nobody has told
    send(truth.orthanc, dynamic(study))
    truth.becomes(study, State.READY)
    assert (Event.RESCORE, "not in the archive any more: 1 SEG, 1 SR, 1 DOC") in truth.story(study)
    truth.store_results(study)
    assert [one.state for one in truth.inputs(study)] == [State.SCORED], "the same input, once"


def test_images_replaced_under_their_uids_are_another_input(watch: Watch) -> None:
    truth = watch()
    study = truth.scored()
    before = truth.inputs(study)[0]
    brighter = {"Rows": 8, "Columns": 8, "PixelSpacing": [40, 40], "PixelData": bytes([1]) * 128}
    replaced = [instance_of(header, study, **brighter) for header in one_series((0, 200, 320, 440, 560), 10)]
    send(truth.orthanc, replaced)
    assert truth.becomes(study, State.READY).input_hash != before.input_hash
    assert [one.state for one in truth.inputs(study)] == [State.READY, State.SCORED]


def test_the_same_images_sent_twice_are_the_same_input(watch: Watch) -> None:
    truth = watch()
    study = truth.scored()
    send(truth.orthanc, dynamic(study))  # overwritten by their like
    eventually(lambda: Event.NOTHING_TO_DO in [event for event, _ in truth.story(study)])
    assert [one.state for one in truth.inputs(study)] == [State.SCORED]


# ------------------------------------------------------------------------------------------------ when it is deleted


def test_a_deleted_study_is_said_to_be_and_offered_no_more(watch: Watch) -> None:
    truth = watch()
    study, other = truth.scored(), truth.scored()
    truth.delete(study)
    truth.reconciler.something_was_deleted()
    ended = truth.becomes(study, State.DELETED)
    assert truth.story(study)[-1] == (Event.DELETED, "")
    assert truth.reader.results([ended.work_id]) == {}
    assert [one.state for one in truth.inputs(other)] == [State.SCORED]
    send(truth.orthanc, dynamic(study))
    truth.becomes(study, State.READY)
    assert truth.story(study)[-1] == (Event.RESCORE, "the study is again as it was then")


def test_a_study_that_waits_and_one_that_still_arrives_end_with_their_images(watch: Watch) -> None:
    truth = watch()
    waiting, arriving = short_uid(), short_uid()
    send(truth.orthanc, dynamic(waiting) + dynamic(arriving)[:20])
    truth.becomes(waiting, State.READY)
    eventually(lambda: truth.inputs(arriving) and truth.inputs(arriving)[0].reason)
    truth.delete(waiting)
    truth.delete(arriving)
    truth.reconciler.something_was_deleted()
    truth.becomes(waiting, State.DELETED)
    eventually(lambda: not truth.inputs(arriving), "images that never became a study leave no trace")
    assert truth.ledger.attempts.claim() is None


def test_a_report_that_a_person_deletes_is_made_again(watch: Watch) -> None:
    truth = watch()
    study = truth.scored()
    truth.delete_report(study)
    truth.reconciler.something_was_deleted()
    truth.becomes(study, State.READY)
    lines = [line for line in truth.story(study) if "not in the archive" in line[1]]
    assert lines == [(event, "not in the archive any more: 1 SR") for event in (Event.DIFFERS, Event.RESCORE)]


def test_an_archive_that_keeps_losing_results_is_not_filled_for_ever(watch: Watch) -> None:
    truth = watch()
    study = truth.scored()
    for _ in range(3):
        truth.delete_report(study)
        truth.reconciler.something_was_deleted()
        truth.becomes(study, State.READY)
        truth.store_results(study)
    truth.delete_report(study)
    assert truth.sweep().differing == 0
    assert [one.state for one in truth.inputs(study)] == [State.SCORED]


# ------------------------------------------------------------------------------------------------------- each night


def test_what_nobody_has_told_is_found_by_the_sweep(watch: Watch) -> None:
    truth = watch()
    gone, without_report, as_it_was = truth.scored(), truth.scored(), truth.scored()
    truth.delete(gone)
    truth.delete_report(without_report)
    found = truth.sweep()
    assert found.differing == 2
    truth.becomes(gone, State.DELETED)
    truth.becomes(without_report, State.READY)
    assert [one.state for one in truth.inputs(as_it_was)] == [State.SCORED]


def test_images_that_were_deleted_are_found_by_the_sweep(watch: Watch) -> None:
    truth = watch()
    study = truth.scored()
    last = one_series((0, 200, 320, 440, 560), 10)[40:]
    for header in last:
        instance_of(header, study)
        truth.orthanc.http.delete(f"/instances/{truth.orthanc_id(header.SOPInstanceUID)}").raise_for_status()
    assert truth.sweep().differing == 1
    truth.becomes(study, State.READY)  # four phases are a study too
    assert (Event.DIFFERS, "its images are not the files that they were") in truth.story(study)


def evidence(study: str, series_uid: str) -> Dataset:
    """As a report names one object that it was written with."""
    instance, series, of_study = Dataset(), Dataset(), Dataset()
    instance.ReferencedSOPClassUID, instance.ReferencedSOPInstanceUID = SegmentationStorage, f"{series_uid}.1"
    series.SeriesInstanceUID, series.ReferencedSOPSequence = series_uid, [instance]
    of_study.StudyInstanceUID, of_study.ReferencedSeriesSequence = study, [series]
    return of_study


def test_what_an_interrupted_run_has_left_without_a_report_is_removed(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    truth = watch()
    study = truth.scored()
    half, named_by_a_report, report = f"{study}.7", f"{study}.8", f"{study}.9"
    truth.store_object(study, "SEG", SegmentationStorage, half)
    truth.store_object(study, "SEG", SegmentationStorage, named_by_a_report)
    names = {"CurrentRequestedProcedureEvidenceSequence": [evidence(study, named_by_a_report)]}
    truth.store_object(study, "SR", SR, report, **names)  # of a ledger that was lost
    truth.sweep()
    assert truth.orthanc_id(half), "somebody may be storing it at this moment"
    monkeypatch.setattr(left_overs, "_YOUNGEST", timedelta(seconds=-5))
    assert truth.sweep().differing == 1
    assert truth.story(study)[-1] == (Event.TIDIED, "left by an interrupted run, without a report: 1 SEG")
    found = truth.orthanc.http.get(f"/studies/{truth.orthanc_id(study)}/series").json()
    ours = {one["MainDicomTags"]["SeriesInstanceUID"] for one in found if one["MainDicomTags"]["Modality"] != "MR"}
    assert ours == {f"{study}.{number}" for number in (1, 2, 3, 8, 9)}
    assert [one.state for one in truth.inputs(study)] == [State.SCORED]


def test_a_study_without_images_that_a_person_asked_for_is_not_deleted(watch: Watch) -> None:
    truth = watch()
    study = short_uid()
    (header,) = one_series((0,), 1, Modality="CT", SOPClassUID=CTImageStorage)
    truth.orthanc.store(instance_of(header, study))
    truth.ledger.requests.rescore(study, truth.orthanc_id(study), "alice")
    truth.becomes(study, State.READY)
    claim = truth.ledger.attempts.claim()
    assert claim is not None
    truth.ledger.attempts.refused(claim, "too-few-phases", "The study has no dynamic series.")
    assert truth.sweep().differing == 0
    assert [one.state for one in truth.inputs(study)] == [State.REFUSED]
    truth.delete(study)
    truth.sweep()
    truth.becomes(study, State.DELETED)


def test_a_study_whose_objects_cannot_be_read_holds_up_no_other(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    truth = watch()
    damaged, later = truth.scored(), truth.scored()
    whole = truth.files()
    truth.store_object(damaged, "SEG", SegmentationStorage, f"{damaged}.7")
    for file in truth.files() - whole:
        file.unlink()
    monkeypatch.setattr(left_overs, "_YOUNGEST", timedelta(seconds=-5))
    truth.delete_report(later)
    truth.sweep()
    truth.becomes(later, State.READY)


def test_a_study_that_is_back_without_having_arrived_gets_its_place_again(watch: Watch) -> None:
    """The disk of the archive was away while all was compared: each of its studies seemed to be deleted."""
    truth = watch()
    study = truth.scored()
    (seen,) = truth.ledger.archived.page(0, 1000)
    assert truth.ledger.archived.deleted(seen)
    assert truth.sweep().differing == 1
    truth.becomes(study, State.READY)
    assert (Event.DIFFERS, "in the archive again") in truth.story(study)
    truth.delete(study)
    truth.sweep()
    truth.becomes(study, State.DELETED)
    assert truth.sweep().differing == 0, "it is away, as the ledger says"


def test_a_comparison_that_began_in_the_future_does_not_put_off_the_next(watch: Watch) -> None:
    """By a clock that was wrong, and was set back since."""
    truth = watch(comparison_per_second=0.0)
    future = datetime.now().timestamp() + 365 * 86400
    truth.ledger.archived.keep_sweep(Sweep(future, future))
    truth.stop()
    again = watch()
    eventually(lambda: (found := again.ledger.archived.sweep()) and found.begun_at < future, "it is compared today")


def test_a_sweep_goes_on_where_a_service_was_ended(watch: Watch) -> None:
    truth = watch(comparison_per_second=0.0)
    first, second = truth.scored(), truth.scored()
    rows = {one.study_uid: one.work_id for one in truth.ledger.archived.page(0, 1000)}
    truth.delete(first)
    truth.delete(second)
    truth.ledger.archived.keep_sweep(Sweep(1_000_000.0, None, rows[first], studies=1))
    assert truth.reconciler.progress()[1] == 1
    truth.stop()
    again = watch()
    again.becomes(second, State.DELETED)
    eventually(lambda: (found := again.ledger.archived.sweep()) and found.begun_at > 1_000_000.0, "and then a new one")
    again.becomes(first, State.DELETED)


def test_the_studies_of_an_older_ledger_are_taken_as_they_are(watch: Watch) -> None:
    """Which knows no files: what the first sweep finds counts as what was scored."""
    truth = watch()
    study = truth.scored()
    (known,) = [one for one in truth.ledger.archived.page(0, 1000) if one.study_uid == study]
    truth.ledger.archived.seen(known, "")
    assert truth.sweep().differing == 0
    (after,) = [one for one in truth.ledger.archived.page(0, 1000) if one.study_uid == study]
    assert (after.state, after.files) == (State.SCORED, known.files)
    assert [one.state for one in truth.inputs(study)] == [State.SCORED]


def test_an_archive_restored_without_its_results_gets_them_again(tmp_path: Path) -> None:
    with OrthancServer(tmp_path / "lost") as lost:
        truth = Truth(lost, tmp_path)
        study = truth.scored()
        truth.stop()
    with OrthancServer(tmp_path / "restored") as restored:
        send(restored, dynamic(short_uid()) + dynamic(study))
        truth = Truth(restored, tmp_path, lookback_hours=1)
        truth.becomes(study, State.READY)
        assert "not in the archive any more: 1 SEG, 1 SR, 1 DOC" in dict(truth.story(study)).values()
        truth.stop()
