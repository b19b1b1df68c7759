"""Small synthetic studies in a real Orthanc, and the result objects that are there of one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from orthanc_server import OrthancServer

from tilscope.phantom import PhantomSpec, make_study, write_study
from tilscope.phantom.defects import two_phases_only

#: The result objects of one study, by modality.
ONE_SET = {"SEG": 3, "SR": 1, "DOC": 1}


def send(orthanc: OrthancServer, folder: Path, seed: int, defect: bool = False, spec: PhantomSpec | None = None) -> str:
    """A small synthetic study, sent; its Study Instance UID."""
    spec = spec or PhantomSpec.small(seed)
    files = write_study(make_study(spec), folder, companions=False, salt=str(folder))
    if defect:
        two_phases_only(folder)
    answers = [orthanc.store(file.read_bytes()) for file in files if file.exists()]
    study = orthanc.http.get(f"/studies/{answers[0]['ParentStudy']}").json()
    return str(study["MainDicomTags"]["StudyInstanceUID"])


def results_in(orthanc: OrthancServer, uid: str) -> dict[str, int]:
    (study,) = orthanc.http.post("/tools/lookup", content=uid).json()
    found: Counter[str] = Counter()
    for series in orthanc.http.get(f"/studies/{study['ID']}/series").json():
        if series["MainDicomTags"]["Modality"] != "MR":
            found[series["MainDicomTags"]["Modality"]] += len(series["Instances"])
    return dict(found)
