"""A trained model is data: loaded only as the very file that its manifest names, for the settings and the library it was made with."""

from __future__ import annotations

import copy
import getpass
import hashlib
import json
import pickle
import re
import shutil
import sqlite3
import time
import tracemalloc
import zipfile
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from typer.testing import CliRunner

from tilscope.models.refusals import BadInput
from tilscope.models.result import CalibrationState, Measurement
from tilscope.models.settings import MotionSettings, PipelineSettings
from tilscope.models.signatures.base import Installed, conclude, settings_hash
from tilscope.models.signatures.han2024.model import HAN_2024
from tilscope.models.signatures.reference import load_reference
from tilscope.models.signatures.su2022.model import SU_2022
from tilscope.service.cli import app
from tilscope.service.ledger import Ledger
from tilscope.service.ledger.audit_log import AuditLog
from tilscope.service.settings import LEDGER_FILE
from tilscope.service.site import bounded_files
from tilscope.service.site.artefacts import load_forest, write_model
from tilscope.service.site.atomic_files import install_model, remove_model
from tilscope.service.site.installed import digest_of_installed, installed_at
from tilscope.service.site.installed_list import installed_models, installed_references_listed
from tilscope.service.site.model_manifest import MANIFEST, MODEL
from tilscope.service.site.trained_forest import shares

SETTINGS = PipelineSettings()
FEATURES = HAN_2024.model_features[:3]
FACTS = {"name": "hot-or-cold", "version": "1", "threshold": 0.4, "card": "# Trained on numbers\n\nFor tests."}


@pytest.fixture(scope="module")
def forest() -> RandomForestClassifier:
    """The first feature decides, the second helps a little, the third is noise."""
    rng = np.random.default_rng(11)
    x = rng.normal(size=(160, 3))
    y = (x[:, 0] + 0.3 * x[:, 1] + 0.2 * rng.normal(size=160) > 0).astype(int)
    return RandomForestClassifier(n_estimators=25, random_state=1).fit(x, y)


@pytest.fixture
def folder(forest: RandomForestClassifier, tmp_path: Path) -> Path:
    write_model(tmp_path / "new", HAN_2024, SETTINGS, forest, FEATURES, FACTS, dict.fromkeys(FEATURES, 0.5))
    return tmp_path / "new"


def change(folder: Path, **facts: Any) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**manifest, **facts}))


def put_model(folder: Path, content: bytes) -> None:
    """As somebody would who can write the manifest too."""
    (folder / MODEL).write_bytes(content)
    change(folder, sha256=hashlib.sha256(content).hexdigest())


def load(folder: Path) -> Any:
    return load_forest(folder, HAN_2024, SETTINGS)


# ---------------------------------------------------------------------------------------------------------- what it says


def test_it_says_what_scikit_learn_says(folder: Path, forest: RandomForestClassifier) -> None:
    loaded = load(folder)
    for row in np.random.default_rng(2).normal(size=(20, 3)):
        values = dict(zip(FEATURES, row.tolist(), strict=True))
        assert loaded.probability(values) == forest.predict_proba(row[None])[0, 1]


def test_what_the_features_add_makes_up_the_probability(folder: Path, forest: RandomForestClassifier) -> None:
    loaded = load(folder)
    mean = np.mean([shares(tree.tree_)[0] for tree in forest.estimators_])
    total = dict.fromkeys(FEATURES, 0.0)
    for row in np.random.default_rng(2).normal(size=(20, 3)):
        values = dict(zip(FEATURES, row.tolist(), strict=True))
        added = loaded.contributions(values)
        assert mean + sum(added.values()) == pytest.approx(loaded.probability(values), abs=1e-12)
        total = {id: total[id] + abs(added[id]) for id in FEATURES}
    assert total[FEATURES[0]] > 2 * total[FEATURES[1]] > 2 * total[FEATURES[2]]


def test_an_installed_model_gives_the_signature_its_probability_and_class(folder: Path) -> None:
    features = tuple(Measurement.of(id, id, 0.5, "1") for id in HAN_2024.model_features)
    without = conclude(HAN_2024, features, SETTINGS, Installed())
    assert without.state is CalibrationState.NO_MODEL
    result = conclude(HAN_2024, features, SETTINGS, Installed(forest=load(folder)))
    assert result.state is CalibrationState.CALIBRATED
    assert result.score is not None
    assert result.score.value == pytest.approx(load(folder).probability(dict.fromkeys(FEATURES, 0.5)), rel=1e-5)
    assert result.category == "hot"
    assert "hot-or-cold 1; hot from a probability of 0.4 on" in result.reason


# ------------------------------------------------------------------------------------------------------ what is refused


def test_a_changed_file_is_refused(folder: Path) -> None:
    content = bytearray((folder / MODEL).read_bytes())
    content[200] ^= 1
    (folder / MODEL).write_bytes(bytes(content))
    with pytest.raises(BadInput, match="is not the file that its manifest names") as refused:
        load(folder)
    assert refused.value.code == "model-altered"


@pytest.mark.parametrize("key", ["scikit_learn", "skops"])
def test_another_version_of_the_library_is_refused(folder: Path, key: str) -> None:
    change(folder, **{key: "0.9.2"})
    with pytest.raises(
        BadInput, match=r"was written with (scikit-learn|skops) 0\.9\.2; [\d.]+ is installed"
    ) as refused:
        load(folder)
    assert refused.value.code == "model-version"


def test_a_model_of_other_settings_is_refused(folder: Path) -> None:
    change(folder, settings_hash="0123456789abcdef")
    with pytest.raises(BadInput, match="trained on features under settings 0123456789abcdef") as refused:
        load(folder)
    assert refused.value.code == "model-settings"


class _Harmful:
    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.mark,))


def test_a_pickle_is_never_loaded(folder: Path, tmp_path: Path) -> None:
    content = pickle.dumps(_Harmful(tmp_path / "loaded"))
    put_model(folder, content)
    with pytest.raises(BadInput, match=r"forest\.skops cannot be read"):
        load(folder)
    assert not (tmp_path / "loaded").exists()
    pickle.loads(content)
    assert (tmp_path / "loaded").exists(), "it would have done harm"


def test_an_archive_that_unpacks_to_gigabytes_is_refused_by_its_table_of_contents(folder: Path, tmp_path: Path) -> None:
    """Two of 3 MB took 4.5 GB each."""
    with (
        zipfile.ZipFile(tmp_path / "bomb", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as bomb,
        bomb.open("schema.json", "w") as part,
    ):
        for _ in range(600):
            part.write(bytes(2**20))
    put_model(folder, (tmp_path / "bomb").read_bytes())
    tracemalloc.start()
    with pytest.raises(BadInput, match=r"its 1 parts would take 629 MB unpacked, more than a forest can"):
        load(folder)
    assert tracemalloc.get_traced_memory()[1] < 50e6
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (["1", "2", "3", "4"], "its 4 parts would take"),
        (["../../etc/passwd"], "its part '../../etc/passwd' would lie outside it"),
        (["/etc/passwd"], "would lie outside it"),
        (["..\\up"], "would lie outside it"),
    ],
)
def test_an_archive_with_strange_parts_is_refused(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: list[str], why: str
) -> None:
    monkeypatch.setattr(bounded_files, "_MOST_PARTS", 3)
    with zipfile.ZipFile(tmp_path / "strange", "w") as strange:
        for name in names:
            strange.writestr(name, b"")
    put_model(folder, (tmp_path / "strange").read_bytes())
    with pytest.raises(BadInput, match=re.escape(why)):
        load(folder)


def test_files_that_are_too_long_for_what_they_are_said_to_be_are_not_read(folder: Path, tmp_path: Path) -> None:
    with (folder / MANIFEST).open("ab") as manifest:
        manifest.truncate(2**30)  # takes no place on the disk
    with pytest.raises(BadInput, match=r"tilscope-model.json cannot be read \(it is longer than 1048576 bytes\)"):
        load(folder)
    reference = tmp_path / "wu2018.json"
    with reference.open("wb") as file:
        file.truncate(2**30)
    with pytest.raises(BadInput, match="it is longer than 16777216 bytes"):
        load_reference(reference, "wu2018", "", ())
    reference.write_text("[" * 100_000)
    with pytest.raises(BadInput, match="RecursionError"):
        load_reference(reference, "wu2018", "", ())


def test_anything_but_a_forest_is_refused(folder: Path) -> None:
    put_model(folder, skops.io.dumps(LogisticRegression().fit([[0, 0, 0], [1, 1, 1]], [0, 1])))
    with pytest.raises(BadInput, match="holds a LogisticRegression, which no forest needs"):
        load(folder)


def test_types_that_no_forest_needs_are_refused_before_they_are_made(folder: Path) -> None:
    put_model(folder, skops.io.dumps({"forest": _Harmful}))
    with pytest.raises(BadInput, match=r"holds .*_Harmful") as refused:
        load(folder)
    assert refused.value.code == "model-untrusted"


def test_a_tree_that_points_outside_itself_is_refused(folder: Path, forest: RandomForestClassifier) -> None:
    broken = copy.deepcopy(forest)
    broken.estimators_[3].tree_.children_left[0] = 10**6
    put_model(folder, skops.io.dumps(broken))
    with pytest.raises(BadInput, match="one of its trees is no tree"):
        load(folder)


def test_another_forest_under_the_same_manifest_shows_in_its_check_case(folder: Path) -> None:
    rng = np.random.default_rng(4)
    other = RandomForestClassifier(n_estimators=25, random_state=9).fit(
        rng.normal(size=(60, 3)), rng.integers(0, 2, 60)
    )
    put_model(folder, skops.io.dumps(other))
    with pytest.raises(BadInput, match="its check case has probability"):
        load(folder)


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"signature": "fan2023"}, "belongs to signature fan2023, not han2024"),
        ({"features": ["a", *FEATURES[1:]]}, "measures no a"),
        ({"features": [FEATURES[0]] * 3}, "names a feature twice"),
        ({"threshold": 1.5}, "threshold: Input should be less than 1"),
        ({"pickle": "x"}, "pickle: Extra inputs are not permitted"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(folder: Path, facts: dict[str, Any], why: str) -> None:
    change(folder, **facts)
    with pytest.raises(BadInput, match=why):
        load(folder)


def test_a_weighted_sum_takes_no_forest(folder: Path) -> None:
    change(folder, signature="su2022")
    with pytest.raises(BadInput, match="su2022 is a weighted sum and takes no forest"):
        load_forest(folder, SU_2022, SETTINGS)


# -------------------------------------------------------------------------------------------------------- the commands


def test_install_list_show_verify_and_remove(folder: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    installed = replace(SETTINGS, models_folder=str(data / "models"))

    def models(*arguments: object, code: int = 0) -> Any:
        command = ["models", *map(str, arguments), "--data", str(data), "--json"]
        result = CliRunner().invoke(app, command)
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    assert models("list") == {"models": [], "references": []}
    assert digest_of_installed(installed) == ""
    models("install", folder)
    models("install", folder)
    assert [m["name"] for m in models("list")["models"]] == ["hot-or-cold"]
    assert models("show", "han2024")["card"].startswith("# Trained on numbers")
    assert models("verify") == {"han2024": ""}
    assert installed_at(installed)["han2024"].forest is not None
    assert digest_of_installed(installed) != ""

    (data / "models" / "han2024" / MODEL).write_bytes(b"changed")
    assert "is not the file" in models("verify", code=4)["han2024"]
    with pytest.raises(BadInput, match="is not the file"):
        installed_at(installed)
    models("remove", "han2024")
    assert installed_at(installed)["han2024"].forest is None
    assert [p.name for p in (data / "models").iterdir()] == []


def test_a_model_that_cannot_be_used_is_not_installed(folder: Path, tmp_path: Path) -> None:
    (folder / MODEL).write_bytes(b"changed")
    with pytest.raises(BadInput, match="is not the file"):
        CliRunner().invoke(app, ["models", "install", str(folder), "--data", str(tmp_path)], catch_exceptions=False)
    assert not (tmp_path / "models").exists()


def test_what_is_installed_at_the_command_line_is_in_the_audit_log(folder: Path, tmp_path: Path) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path / LEDGER_FILE}")

    def models(*arguments: object) -> int:
        return CliRunner().invoke(app, ["models", *map(str, arguments), "--data", str(tmp_path)]).exit_code

    assert models("install", folder) == 0
    (folder / MODEL).write_bytes(b"changed")
    assert models("install", folder) != 0
    assert models("remove", "han2024") == 0
    listed, _ = AuditLog(ledger.engine).actions()
    ledger.close()
    assert [(one.action, one.status) for one in listed] == [
        ("Remove the model of han2024", 200),
        ("Install the model hot-or-cold 1 for han2024", 422),
        ("Install the model hot-or-cold 1 for han2024", 200),
    ]
    assert {one.who for one in listed} == {f"{getpass.getuser()} at the command line"}


def test_a_ledger_of_another_version_is_left_as_it_is(folder: Path, tmp_path: Path) -> None:
    """The service that keeps it may be running."""
    ledger = tmp_path / LEDGER_FILE
    with sqlite3.connect(ledger) as db:
        db.executescript("CREATE TABLE schema_version (version INTEGER); INSERT INTO schema_version VALUES (1)")
    result = CliRunner().invoke(app, ["models", "install", str(folder), "--data", str(tmp_path)])
    assert result.exit_code == 0, result.output
    with sqlite3.connect(ledger) as db:
        assert db.execute("SELECT name FROM sqlite_master").fetchall() == [("schema_version",)]


def test_a_broken_manifest_is_a_row_with_its_reason_and_hides_no_other(folder: Path, tmp_path: Path) -> None:
    site = replace(SETTINGS, models_folder=str(tmp_path / "models"), references_folder=str(tmp_path / "references"))
    install_model(folder, Path(site.models_folder))
    broken = Path(site.models_folder) / "fan2023"
    broken.mkdir()
    (broken / MANIFEST).write_text("{}")
    fan, han = installed_models(site)
    assert (fan.signature, fan.name) == ("fan2023", "")
    assert "Field required" in fan.problem
    assert (han.signature, han.name, han.problem) == ("han2024", "hot-or-cold", "")


def test_a_scanners_reference_that_is_older_than_that_of_all_is_told(tmp_path: Path) -> None:
    site = replace(SETTINGS, references_folder=str(tmp_path))

    def put(name: str, made: str) -> None:
        names = SU_2022.model_features
        facts = {
            "signature": "su2022", "cohort": "c", "studies": 40, "settings_hash": settings_hash(SU_2022, SETTINGS),
            "mean": dict.fromkeys(names, 0.0), "sd": dict.fromkeys(names, 1.0), "made": made,
        }  # fmt: skip
        (tmp_path / name).write_text(json.dumps(facts))

    put("su2022.json", "2026-05-01T00:00:00+00:00")
    put("su2022@old.json", "2026-04-01T00:00:00+00:00")
    put("su2022@new.json", "2026-06-01T00:00:00+00:00")
    (tmp_path / "wu2018.json").write_text("{")
    listed = installed_references_listed(site)
    assert [(r.file, r.stale) for r in listed if not r.problem] == [
        ("su2022.json", False),
        ("su2022@new.json", False),
        ("su2022@old.json", True),
    ]
    (broken,) = (r for r in listed if r.problem)
    assert broken.file == "wu2018.json"


def _install_in_turns(folders: list[Path], models: Path) -> None:
    while True:
        for one in folders:
            install_model(one, models)


def test_whenever_an_installation_is_killed_a_whole_model_is_there(
    folder: Path, forest: RandomForestClassifier, tmp_path: Path
) -> None:
    write_model(
        tmp_path / "second",
        HAN_2024,
        SETTINGS,
        forest,
        FEATURES,
        {**FACTS, "version": "2"},
        dict.fromkeys(FEATURES, 0.1),
    )
    models = tmp_path / "models"
    install_model(folder, models)
    for number in range(8):
        installing = get_context("fork").Process(target=_install_in_turns, args=([tmp_path / "second", folder], models))
        installing.start()
        time.sleep(0.02 + 0.017 * number)
        installing.kill()
        installing.join()
        assert load(models / "han2024").name in ("hot-or-cold 1", "hot-or-cold 2")
    install_model(folder, models)
    # The link, what it points to, and what it pointed to before.
    assert len(list(models.iterdir())) <= 3


def test_what_a_person_has_put_there_is_replaced_in_one_step_and_never_swept_away(folder: Path, tmp_path: Path) -> None:
    models = tmp_path / "models"
    shutil.copytree(folder, models / "han2024")
    (models / "han2024" / "notes.txt").write_text("by hand")
    for _ in range(3):
        install_model(folder, models)
        assert load(models / "han2024").name == "hot-or-cold 1"
    remove_model(models / "han2024")
    (kept,) = models.iterdir()
    assert (kept / "notes.txt").read_text() == "by hand"


def test_a_model_made_under_the_sites_own_settings_is_installed_by_naming_them(
    forest: RandomForestClassifier, tmp_path: Path
) -> None:
    site = PipelineSettings(motion=MotionSettings(register=False))
    write_model(tmp_path / "own", HAN_2024, site, forest, FEATURES, FACTS, dict.fromkeys(FEATURES, 0.5))
    file, data = tmp_path / "settings.json", tmp_path / "data"
    facts = {"token": "x" * 16, "data_directory": str(data), "pipeline": {"motion": {"register": False}}}
    file.write_text(json.dumps(facts))

    def models(*arguments: object) -> Any:
        return CliRunner().invoke(app, ["models", *map(str, arguments), "--json"])

    data.mkdir()
    assert isinstance(models("install", tmp_path / "own", "--data", data).exception, BadInput)
    installed = models("install", tmp_path / "own", "--settings", file)
    assert installed.exit_code == 0, installed.output
    assert "tilscope rescore --all" in json.loads(installed.stdout)["detail"]
    assert json.loads(models("verify", "--settings", file).stdout) == {"han2024": ""}
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps({**facts, "pipelin": {}}))
    assert "did you mean 'pipeline'" in " ".join(models("verify", "--settings", wrong).output.split())
