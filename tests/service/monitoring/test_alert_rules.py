"""The dashboard and the alert rules: every metric they name is there, and their syntax is what Prometheus and Grafana take."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from api_in_process import api_over
from prometheus_client.parser import text_string_to_metric_families

FOLDER = Path(__file__).resolve().parents[3] / "docker" / "monitoring"
RULES: list[dict[str, Any]] = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"][0]["rules"]
DASHBOARD: dict[str, Any] = json.loads((FOLDER / "dashboard.json").read_text())
EXPRESSIONS = [rule["expr"] for rule in RULES] + [
    target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]
]

#: One word or sign of PromQL, as far as it is used here.
_TOKEN = re.compile(
    r'\s*(?:(?P<name>[a-z_:][a-z0-9_:]*)|(?P<string>"[^"]*")|(?P<range>\[\d+[smhd]\])|(?P<number>\d+(?:\.\d+)?)'
    r"|(?P<sign>==|!=|>=|<=|=~|[-+*/<>=(){},]))",
)
_CLOSES = {")": "(", "}": "{"}


@pytest.fixture(scope="module")
def metrics(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Every name under which a service gives samples, also of those that have none yet."""
    with api_over(tmp_path_factory.mktemp("service")) as api:
        families = list(text_string_to_metric_families(api.http.get("/metrics").text))
    suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
    return {family.name + suffix for family in families for suffix in suffixes.get(family.type, ("",))}


def tokens(expression: str) -> Iterator[tuple[str, str]]:
    place = 0
    while place < len(expression.rstrip()):
        found = _TOKEN.match(expression, place)
        assert found, f"no PromQL at {expression[place:]!r}"
        assert found.lastgroup is not None
        yield found.lastgroup, found[found.lastgroup]
        place = found.end()


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_metric_is_there_and_every_expression_can_be_read(expression: str, metrics: set[str]) -> None:
    open_ones: list[str] = []
    for kind, text in tokens(expression):
        if kind == "name" and text.startswith("tilscope_"):
            assert text in metrics
        elif text in "({" and kind == "sign":
            open_ones.append(text)
        elif text in _CLOSES:
            assert open_ones.pop() == _CLOSES[text]
    assert open_ones == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_every_rule_says_what_is_wrong_and_what_to_do(rule: dict[str, Any]) -> None:
    assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"[1-9]\d*m", rule["for"]), "no alarm for a moment"
    assert rule["labels"]["severity"] in ("warning", "critical")
    assert set(rule["annotations"]) == {"summary", "action"}
    assert re.search(r"(==|>=|>) \S+$", rule["expr"]), "an alarm is a comparison"


def test_names_are_used_once() -> None:
    assert len({rule["alert"] for rule in RULES}) == len(RULES)
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_panels_have_places_of_their_own() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24, "Grafana's grid"
        taken |= cells


def test_prometheus_is_told_where_the_plugin_answers() -> None:
    configuration = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    (job,) = configuration["scrape_configs"]
    assert (job["job_name"], job["metrics_path"]) == ("tilscope", "/tilscope/metrics")
    assert configuration["rule_files"] == ["alerts.yml"]
