"""What is said of one dynamic series: warnings, pictures, signatures, measurements, quality, phases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tilscope.dicom_io.objects.pdf.page_style import STATE_MARKS
from tilscope.models.imaging.series import Laterality
from tilscope.models.readable_numbers import score_text, signed, significant
from tilscope.models.result import CalibrationState, LesionSource
from tilscope.service.pages.html import Html, el, join
from tilscope.service.pages.words import facts, folded, measured, measurements, sentence_case, table


def series_part(series: Mapping[str, Any], several: bool, place: str, version: str) -> Html:
    """`place` is the address of the study, `version` changes with the picture."""
    side = Laterality(series["laterality"])
    warnings = [finding for finding in series["quality"] if finding["verdict"] == "warn"]
    said = LesionSource(**series["segmentation"]).sentence
    return el(
        "section",
        el("h2", sentence_case(side.breasts) if several else "Result"),
        _warnings(warnings),
        el("p", said) if said else None,
        _picture(place, side, version),
        el("h3", "Signatures of lesion 1"),
        el("div", *(_signature(one, side) for one in series["signatures"]), class_="cards"),
        el("h3", "Measurements"),
        el(
            "div",
            *map(_lesion, series["lesions"]),
            el("div", measurements(f"Breast, {side.word}", series["breast"])),
            class_="cards",
        ),
        _quality(series["quality"], side),
        folded("Phases", _phases(series["phases"]), key=f"phases {side}"),
    )


def _warnings(found: Sequence[Mapping[str, Any]]) -> Html | None:
    if not found:
        return None
    lines = (el("p", finding["sentence"]) for finding in found)
    return el("div", el("h3", "Read this first"), *lines, class_="warnings", role="note")


def _picture(place: str, side: Laterality, version: str) -> Html:
    words = (
        f"Pictures of {side.the_breasts}: key slice with the contour of each lesion, projection, signal enhancement ratio in "
        "lesion 1, slices through it, and the mean signal of lesion and parenchyma against time"
    )
    address = f"{place}/picture/{side.value}?v={version[:12]}"
    picture = el("img", src=address, alt=words, width=1600, height=900, loading="lazy")
    return el("figure", el("a", picture, href=address), el("figcaption", words + "."), class_="picture")


# -------------------------------------------------------------------------------------------------------- signatures


def _signature(said: Mapping[str, Any], side: Laterality) -> Html:
    state = CalibrationState(said["state"])
    key = f"{said['id']} {side.value}"
    supplied = ", ".join(said.get("supplied", ()))
    return el(
        "article",
        el("h3", said["title"]),
        el("p", f"{STATE_MARKS[state]} {state.value}", class_="small"),
        _score(said),
        _strip(said.get("percentile")),
        el("p", said["reason"]),
        el("p", f"Taken into account: {supplied}.") if supplied else None,
        _contributions(said.get("contributions", ()), key),
        folded("Features", measurements("Features", said["features"], said_above=True), key=f"features {key}"),
        folded("Published performance and source", _origin(said), key=f"origin {key}"),
        class_="card",
    )


def _score(said: Mapping[str, Any]) -> Html:
    if not said["score"] or said["score"]["value"] is None:
        return el("p", el("small", "no score"), class_="big")
    further = [f"{one.name}: {score_text(one)}" for one in map(measured, said.get("further_scores", ()))]
    value = el("strong", score_text(measured(said["score"])))
    return join(
        el("p", value, " ", el("small", said["category"] or ""), class_="big"),
        *(el("p", one, class_="small") for one in further),
    )


def _strip(percentile: float | None) -> Html | None:
    """As on the PDF: the reference's cohort from its lowest score to its highest, its middle half, its median, and this patient."""
    if percentile is None:
        return None
    words = f"Percentile {percentile:.0f} of the reference's cohort"
    x = 2 + 0.96 * percentile
    drawn = el(
        "svg",
        el("rect", x=2, y=10, width=96, height=2, class_="rail"),
        el("rect", x=26, y=8, width=48, height=6, class_="half"),
        el("rect", x=49.8, y=7, width=0.4, height=8, class_="middle"),
        el("path", d=f"M{x:.1f} 9 l-3 -7 h6 z", class_="here"),
        viewBox="0 0 100 16", preserveAspectRatio="none", class_="strip", role="img", aria_label=words,
    )  # fmt: skip
    return join(drawn, el("p", f"{words}.", class_="small"))


def _contributions(all_said: Sequence[Mapping[str, Any]], key: str) -> Html | None:
    amounts = [one["coefficient"] * one["value"] for one in all_said]
    most = max(map(abs, amounts), default=0.0)
    if not most:
        return None
    rows = [
        (one["feature"], significant(one["value"], 2), join(signed(amount), el("br"), _bar(amount / most)))
        for one, amount in zip(all_said, amounts, strict=True)
    ]
    caption = "What each feature adds to the score"
    return folded(caption, table(caption, ("feature", "value or z", "adds"), rows, said_above=True), key=f"adds {key}")


def _bar(share: float) -> Html:
    width = 48 * abs(share)
    rect = el("rect", x=f"{50 if share > 0 else 50 - width:.1f}", y=2, width=f"{width:.1f}", height=8, class_="up" if share > 0 else "down")  # fmt: skip
    return el(
        "svg", rect, el("line", x1=50, y1=0, x2=50, y2=12), viewBox="0 0 100 12", class_="bar", aria_hidden="true"
    )


def _origin(said: Mapping[str, Any]) -> Html:
    return facts(
        [
            ("Performance", said.get("published", "")),
            ("Source", said["citation"]),
            ("Version here", said["version"]),
            ("Reference", said.get("reference", "")),
            ("Parameters", said["parameters"]),
        ]
    )


# ------------------------------------------------------------------------------------------------------ measurements


def _lesion(said: Mapping[str, Any]) -> Html:
    word = Laterality(said["laterality"]).word
    curve = el(
        "p", f"Kinetic curve: {said['curve_type']}. Segmenter's confidence: {said['confidence']:.2f}.", class_="small"
    )
    return el("div", measurements(f"Lesion {said['number']}, {word}", said["measurements"]), curve)


def _quality(findings: Sequence[Mapping[str, Any]], side: Laterality) -> Html:
    rows = [
        (
            el("strong", "warns") if one["verdict"] == "warn" else "passed",
            one["sentence"],
            "" if one.get("value") is None else significant(one["value"]),
            "" if one.get("limit") is None else significant(one["limit"]),
        )
        for one in findings
    ]
    caption = f"Quality: {sum(one['verdict'] == 'pass' for one in findings)} of {len(findings)} checks passed"
    return folded(
        caption,
        table("Quality", ("", "what was found", "value", "limit"), rows, said_above=True),
        key=f"quality {side}",
    )


def _phases(phases: Sequence[Mapping[str, Any]]) -> Html | None:
    rows = [(one["number"], one["role"], f"{one['time_s']:+.0f} s") for one in phases]
    return table("Phases", ("phase", "role", "middle of acquisition"), rows, said_above=True)
