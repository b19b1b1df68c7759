"""Commands that are imported when they are called: `tilscope --help` need not wait for the libraries of all of them, and an
installation without the service's libraries can do everything else."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup, TyperOption


@dataclass(frozen=True)
class CommandPlace:
    """Where a command is, and its line in the list of commands: the first one of its own help, which a test compares."""

    module: str
    """In this folder; its `add_to` adds the command."""
    help: str


COMMANDS = {
    "score": CommandPlace(
        "folder_commands", "Score the study in FOLDER: the same pipeline as in the archive, without one."
    ),
    "inspect": CommandPlace(
        "folder_commands",
        "Show what each series in FOLDER is taken for, and the phases with their times; or why there are none.",
    ),
    "ftv": CommandPlace("folder_commands", "Functional tumour volume by the ACRIN 6657 trial's rule, inside a box."),
    "follow": CommandPlace(
        "follow_command", "Follow one patient's lesions through several dates: which is which, and what has changed."
    ),
    "phantom": CommandPlace("phantom_commands", "Write a synthetic breast DCE-MRI study with known truth, as DICOM."),
    "send": CommandPlace("phantom_commands", "Send every DICOM file in FOLDER to a PACS by C-STORE."),
    "status": CommandPlace(
        "archive_commands", "What happened to a study, and why? Or, without STUDY, the state of the latest ones."
    ),
    "rescore": CommandPlace(
        "archive_commands", "Score a study of the archive again, with today's settings and with what has arrived."
    ),
    "retry": CommandPlace(
        "retry_command", "Try the studies that have failed again, once what ended them has been mended."
    ),
    "features": CommandPlace(
        "features_command", "Measure a cohort's complete feature sets, as the papers had them, for training."
    ),
    "labels": CommandPlace(
        "labels_commands", "Molecular labels of patients, from their gene expression: scores, classes, comparisons."
    ),
    "repeatability": CommandPlace(
        "repeatability_command",
        "Which features do two readers, or small changes, leave as they were? The list that a training may use.",
    ),
    "cohort": CommandPlace(
        "cohort_command", "Score many studies, and put their scores into one table with a page of pictures."
    ),
    "calibrate": CommandPlace(
        "calibrate_command",
        "Make the reference of SIGNATURE from the Structured Reports in an archive. No image is read.",
    ),
    "models": CommandPlace("model_commands", "Trained models: list, show, install, remove, verify."),
    "train": CommandPlace(
        "train_command",
        "Train a model of SIGNATURE as its paper did, on studies whose label is known, and test it on studies it has not seen.",
    ),
    "evaluate": CommandPlace(
        "evaluate_command",
        "Evaluate a model or a signature on a cohort that it has not seen, and write the report.",
    ),
    "predict-tsh": CommandPlace(
        "tsh_command",
        "Tell Fan's survival group from the tumour's cells alone, and write it as labels for tilscope train fan2023.",
    ),
    "molecular": CommandPlace(
        "molecular_command",
        "Supply gene expression or receptor status of STUDY, or of many by --csv; they are scored again with it.",
    ),
    "purge": CommandPlace(
        "purge_command",
        "Remove all that the ledger in the --data directory holds of STUDY, of a patient's studies, or of old ones.",
    ),
    "backup": CommandPlace(
        "backup_commands", "Write the ledger, references, models and site rules into FILE, while the service runs."
    ),
    "restore": CommandPlace("backup_commands", "Put the backup in FILE in the place of the --data directory."),
    "demo": CommandPlace(
        "demo_command",
        "Start Orthanc with TILscope, send a synthetic study by C-STORE, watch it being scored and see what came back.",
    ),
    "doctor": CommandPlace(
        "doctor_command", "Examine this installation: is anything wrong with it, and what is to be done?"
    ),
    "configure-orthanc": CommandPlace(
        "configure_command", "Change Orthanc's configuration so that TILscope runs in it, and examine it."
    ),
    "orthanc-plugin": CommandPlace(
        "plugin_command",
        "Print where the plugin for Orthanc lies: the file that PythonScript names in Orthanc's configuration.",
    ),
}


#: Typer's own: --install-completion and --show-completion.
_COMPLETION = ("install_completion", "show_completion")


class LazyCommands(TyperGroup):
    """Lists placeholders, and runs the commands that they represent."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Typer's options for completion are used once, and documented: they stay out of the list of options."""
        params = super().get_params(ctx)
        for param in params:
            if isinstance(param, TyperOption) and param.name in _COMPLETION:
                param.hidden = True
        return params

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The real command instead of its placeholder; called only where one is about to be run."""
        name, placeholder, rest = super().resolve_command(ctx, args)
        return name, placeholder if name is None else command_named(name), rest


def add_placeholders(app: typer.Typer) -> None:
    for name, place in COMMANDS.items():
        app.command(name, help=place.help)(_placeholder)


def command_named(name: str) -> Any:
    """The command, or group of commands, of this name, as Typer makes it."""
    alone = typer.Typer(rich_markup_mode="rich")
    import_module(f"tilscope.service.cli.{COMMANDS[name].module}").add_to(alone)
    return typer.main.get_group(alone).commands[name]


def whole_program(app: typer.Typer) -> Any:
    """The program with the commands themselves in place of the placeholders: for those who describe it."""
    root: Any = typer.main.get_command(app)
    root.commands = {name: command_named(name) for name in COMMANDS}
    return root


def _placeholder() -> None:
    """Never called."""
