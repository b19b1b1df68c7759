"""What a person may wish for one study, as forms that the script sends as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tilscope.service.pages.html import Html, el, join


def commands_part(study_uid: str, molecular: Mapping[str, Any], steering: str) -> Html:
    return join(
        el("h2", "Score again"),
        el(
            "noscript",
            el("p", "These forms need scripts. The same can be asked by tilscope rescore and tilscope molecular."),
        ),
        el("section", *_rescore(study_uid, steering), aria_label="Score again"),
        el("h2", "Molecular findings"),
        el("section", *_molecular(study_uid, molecular), aria_label="Molecular findings"),
    )


def _rescore(study_uid: str, steering: str) -> list[Html | None]:
    held = f"Lesions are looked for {steering}, because a person said so." if steering else ""
    return [
        el(
            "p",
            "A segmentation or structure set that you store in the study replaces the automatic lesions by itself. Without "
            "one, a point in the lesion or a box around it says which is meant: patient LPS in millimetres (x to the left, y "
            "to the back, z to the head). It holds for every later run.",
        ),
        el("p", held) if held else None,
        el(
            "form",
            _labelled("Point: x, y, z", el("input", name="seed_mm", autocomplete="off", inputmode="text", placeholder="-52, -31, 14.5")),
            _labelled("Box: two corners", el("input", name="box_mm", autocomplete="off", placeholder="-70, -50, 0, -40, -20, 30")),
            el("button", "Score again", class_="main", name="how", value="as said"),
            el("button", "Look everywhere again", name="how", value="automatic") if steering else None,
            data_wish="rescore", data_to=f"studies/{study_uid}/rescore",
        ),
        el("p", role="status"),
    ]  # fmt: skip


def _molecular(study_uid: str, known: Mapping[str, Any]) -> list[Html]:
    said = {None: "", True: "yes", False: "no"}[known.get("triple_negative")]
    choices = [("", "not known"), ("yes", "yes"), ("no", "no")]
    options = (el("option", words, value=value, selected=value == said) for value, words in choices)
    return [
        el("p", "What is known of the tumour from elsewhere; signatures take it into account. An emptied field takes it back."),
        el(
            "form",
            _gene("GZMA expression", "gzma", known),
            _gene("PRF1 expression", "prf1", known),
            _labelled("Triple negative", el("select", *options, name="triple_negative", data_known=said)),
            el("button", "Save and score again", class_="main"),
            data_wish="molecular", data_to=f"studies/{study_uid}/molecular",
        ),
        el("p", role="status"),
    ]  # fmt: skip


def _gene(label: str, name: str, known: Mapping[str, Any]) -> Html:
    value = known.get(name)
    field = el("input", type="number", name=name, min=0, step="any", value=None if value is None else f"{value:g}")
    return _labelled(label, field)


def _labelled(label: str, field: Html) -> Html:
    return el("label", label, field)
