"""docs/bench.md, from docs/bench.json's figures."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import Any

from benchmarks.features import ALIKE, difference
from benchmarks.stock import Way
from validation.bar import Bar, at_least, at_most, table_of

LEAST_TIMES_STOCK, LEAST_TIMES_RECIPE, LEAST_TIMES_EARLIER = 8.0, 5.0, 3.0
#: What a second worker of one thread adds to the first, where there are two processors.
LEAST_TIMES_ONE_WORKER = 1.8
MOST_SECONDS, MOST_GB = 45.0, 3.0
#: What the engine's extractor promises of every value: it adds in another order than pyradiomics.
LAST_DIGITS = 1e-9
#: Interpolation and scaling in another order. One voxel that changes its bin by that is still below.
ORDINARY_ROUNDS = 1e-4

INTRODUCTION = """# How fast, and against what

Written by `make bench`, never by hand; the figures themselves are in `bench.json`. Bars that are not kept stay here as
such. Every study is a phantom (docs/phantom.md); everything was measured in one run on one machine.
"""

SMALL = "**A quick run on small studies: it shows that everything works, and the bars on times are not meant for it.**"


def page_of(figures: Mapping[str, Any]) -> str:
    sections = [
        [INTRODUCTION, *([SMALL, ""] if figures["quick"] else []), _machine(figures["machine"])],
        _signatures(figures["signatures"]),
        _set(figures["set"]),
        _recipe(figures["recipe"]),
        _whole(figures["whole"]),
        _earlier(figures["earlier"]),
        _distance(figures["distance"]),
        _growth(figures["growth"]),
        _workers(figures["workers"]),
    ]
    return "\n\n".join("\n".join(lines) for lines in sections) + "\n"


def _machine(machine: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    busy = "" if machine["load"] is None else f" Load when the run began: {machine['load']:.1f}."
    return (
        f"{machine['processor']}, {machine['processors']} processors, {machine['memory_gb']:.0f} GB; {versions}.{busy}"
    )


def bars_of_signatures(found: Mapping[str, Any]) -> list[Bar]:
    ordinary, same = found["ways"][Way.ORDINARY.name], found["ways"][Way.SAME_VOXELS.name]
    voxels = same["largest_difference"]
    return [
        at_least("times as fast as stock pyradiomics, called the ordinary way", ordinary["ratio"], LEAST_TIMES_STOCK),
        at_most("largest difference on the same voxels", max(voxels.values()), LAST_DIGITS),
        at_most("largest difference from the ordinary call", _of_any_crop(ordinary), ORDINARY_ROUNDS),
    ]


def _of_any_crop(way: Mapping[str, Any]) -> float:
    return max(way["largest_difference"]["others"], way["largest_difference"]["shape"])


def _signatures(found: Mapping[str, Any]) -> list[str]:
    ways = [way for way in Way if way.name in found["ways"]]
    lines = [
        "## The engine and stock pyradiomics: the five signatures",
        "",
        f"The {found['features']} radiomic features that the five signatures take, of a tumour of {found['voxels']} voxels in "
        f"{found['size']}. Stock pyradiomics is `RadiomicsFeatureExtractor.execute`, once for each image and region, with the "
        "image types, features, bin widths and voxels of the papers and nothing that is not wanted. It gets images with the "
        "papers' intensities and masks of their regions for nothing; the engine makes its own within its time. Differences are "
        "relative.",
        "",
        *table_of(bars_of_signatures(found)),
        "",
        *_ways(found),
        "",
        "The ordinary way is the first: pyradiomics itself resamples the region's box and five voxels around it. Whoever "
        "resamples beforehand has it filter whole images. Handed the engine's own crop, it has the same voxels to the bit, and "
        "values differ by the order of sums alone. In the other ways "
        "interpolation and scaling are rounded in another order, and square, square root, logarithm and Laplacian depend on "
        "the crop itself, which a paper leaves open and this project fixes: those are left out of the last bar and stand in "
        "the table.",
        "",
        "| feature | engine | " + " | ".join(way.value for way in ways) + " |",
        "|---|---|" + "---|" * len(ways),
    ]
    for row in found["values"]:
        apart = [difference(row["engine"], row[way.name]) for way in ways]
        others = (f"{one:.1e} apart" if one else "equal" for one in apart)
        lines.append(f"| {row['feature']} | {row['engine']:.6g} | " + " | ".join(others) + " |")
    return lines


def _ways(found: Mapping[str, Any]) -> list[str]:
    lines = [
        "| what | s (median) | runs | times the engine | equal to the bit | largest difference |",
        "|---|---|---|---|---|---|",
        f"| the engine | {median(found['seconds']):.2f} | {len(found['seconds'])} | | | |",
    ]
    for way in Way:
        if way.name not in found["ways"]:
            continue
        one = found["ways"][way.name]
        lines.append(
            f"| stock: {way.value} | {median(one['seconds']):.2f} | {len(one['seconds'])} | {one['ratio']:.1f} "
            f"| {one['equal_to_the_bit']} of {found['features']} | {max(one['largest_difference'].values()):.1e} |"
        )
    return lines


def _set(found: Mapping[str, Any]) -> list[str]:
    ordinary, same = found["ways"][Way.ORDINARY.name], found["ways"][Way.SAME_VOXELS.name]
    spread = found["two_processes"]
    return [
        "## The engine and stock pyradiomics: a complete set",
        "",
        f"All {found['features']} spatial features of Su 2022, for those who train. The matrices of 93 features an image take "
        "most of the time; the engine counts them by kernels of its own.",
        "",
        *table_of(
            [at_most("largest difference on the same voxels", max(same["largest_difference"].values()), LAST_DIGITS)]
        ),
        "",
        *_ways(found),
        "",
        f"With the engine's work spread over two processes: {median(spread['seconds']):.2f} s, values "
        f"{'equal to the bit' if spread['equal_to_the_bit'] else '**not equal**'}. Called the ordinary way, "
        f"{ordinary['alike']} of {found['features']} features agree within {ALIKE:g}. A high-pass image has many values that "
        "are 0 but for rounding, and 0 is the border of two bins: they fall on either side, and textures of such images change.",
    ]


def _recipe(found: Mapping[str, Any]) -> list[str]:
    ours, theirs = sum(found["ours_s"].values()), sum(found["recipe_s"].values())
    without = (
        ""
        if found["ants"]
        else " ANTs is not installed here: SyN is left out of the recipe, which is the faster for it."
    )
    rows = [("ours", name, s) for name, s in found["ours_s"].items()]
    rows += [("papers' recipe", name, s) for name, s in found["recipe_s"].items()]
    return [
        "## The pipeline and the papers' own recipe",
        "",
        f"One study of {found['size']} of a patient who moved, in memory. The recipe: N4 of every phase on all voxels "
        f"({', '.join(map(str, found['n4_iterations']))} iterations), SyN of every phase onto the first after contrast (ANTs' "
        "defaults), and stock pyradiomics called the ordinary way for what "
        "the signatures take. The tumour, which a person draws there, costs the recipe nothing; our time has the segmentation "
        f"in it. One run.{without}",
        "",
        *table_of([at_least("times as fast as the recipe", theirs / ours, LEAST_TIMES_RECIPE)]),
        "",
        "| | stage | s |",
        "|---|---|---|",
        *(f"| {whose} | {name} | {seconds:.1f} |" for whose, name, seconds in rows),
        f"| ours | **all** | {ours:.1f} |",
        f"| papers' recipe | **all** | {theirs:.1f} |",
    ]


def _whole(found: Mapping[str, Any]) -> list[str]:
    total, peak = found["ended"] - found["begun"], max(found["peak_bytes"].values())
    return [
        "## From DICOM files to result objects",
        "",
        f"{found['size']}, of a patient who moved, in a fresh process: {found['objects']} objects. Memory is the most that "
        "the process held in the stage, the interpreter and its libraries included.",
        "",
        *table_of([at_most("seconds", total, MOST_SECONDS), at_most("peak memory, GB", peak / 1e9, MOST_GB)]),
        "",
        "| stage | s | peak, GB |",
        "|---|---|---|",
        *(f"| {stage} | {s:.1f} | {found['peak_bytes'][stage] / 1e9:.2f} |" for stage, s in found["seconds"].items()),
    ]


def _earlier(found: Mapping[str, Any] | None) -> list[str]:
    title = "## Against an earlier version"
    if found is None:
        return [title, "", "Left out: this is no checkout with that version's tag."]
    runs = zip(found["seconds"], found["earlier_seconds"], strict=True)
    return [
        title,
        "",
        f"{found['size']}, of a patient who moved, from DICOM files to result objects, each time in a fresh process: this version "
        f"and {found['version']}, in turns.",
        "",
        *table_of([at_least(f"times as fast as {found['version']}", found["ratio"], LEAST_TIMES_EARLIER)]),
        "",
        f"| run | this version, s | {found['version']}, s |",
        "|---|---|---|",
        *(f"| {number} | {ours:.1f} | {theirs:.1f} |" for number, (ours, theirs) in enumerate(runs, start=1)),
    ]


def _distance(found: Mapping[str, Any] | None) -> list[str]:
    title = "## An archive some milliseconds away"
    if found is None:
        return [title, "", "Left out: no Orthanc is installed here."]
    return [
        title,
        "",
        f"{found['instances']} instances of {found['size']}, their headers first, from Orthanc over a network whose round trip takes "
        "so long. Its own part of the machine, which carries every byte, is in the time.",
        "",
        "| round trip, ms | s |",
        "|---|---|",
        *(f"| {round_trip_ms} | {seconds:.1f} |" for round_trip_ms, seconds in found["seconds"].items()),
    ]


#: The stages whose growth is told; the rest is small.
_TOLD = ("reading images", "preparing", "segmenting", "measuring kinetics", "computing signatures", "writing results")


def _growth(growth: Mapping[str, list[Mapping[str, Any]]]) -> list[str]:
    lines = [
        "## Growth",
        "",
        "Seconds, each study in a fresh process; *all* has its start in it.",
        "",
        f"| what grows | to | study | {' | '.join(_TOLD)} | all | peak, GB |",
        "|---|---|---|" + "---|" * (len(_TOLD) + 2),
    ]
    for what, studies in growth.items():
        for one in studies:
            stages = " | ".join(f"{one['seconds'][stage]:.1f}" for stage in _TOLD)
            peak = max(one["peak_bytes"].values()) / 1e9
            total = one["ended"] - one["begun"]
            lines.append(f"| {what} | {one['value']:g} | {one['size']} | {stages} | {total:.1f} | {peak:.2f} |")
    return lines


def _workers(found: Mapping[str, Any]) -> list[str]:
    one, two = (found["seconds"][workers] for workers in ("1", "2"))
    return [
        "## Workers",
        "",
        f"{found['studies']} studies of {found['size']}, dealt out to workers of one thread each, as where studies wait.",
        "",
        *table_of([at_least("times as fast with two workers as with one", one / two, LEAST_TIMES_ONE_WORKER)]),
        "",
        "| workers | s | s a study |",
        "|---|---|---|",
        *(f"| {workers} | {s:.1f} | {s / found['studies']:.1f} |" for workers, s in found["seconds"].items()),
    ]
