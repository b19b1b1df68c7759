"""Networks whose figures can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tilscope.service.research.statistics.cell_network import CellNetwork, cell_network


def network(edges: list[tuple[int, int]], n: int) -> CellNetwork:
    connected = np.zeros((n, n), bool)
    for one, other in edges:
        connected[one, other] = connected[other, one] = True
    return CellNetwork(tuple(map(str, range(n))), np.where(connected, 0.9, 0.0), connected)


def test_a_star_is_central() -> None:
    shape = network([(0, 1), (0, 2), (0, 3)], 4).shape
    assert (shape.nodes, shape.edges, shape.diameter, shape.clustering, shape.isolated_nodes) == (4, 3, 2, 0.0, 0)
    assert (shape.centralisation, shape.density, shape.path_length) == (1.0, 0.5, 1.5)
    assert shape.heterogeneity == pytest.approx(np.std([3, 1, 1, 1]) / 1.5)


def test_in_a_whole_network_everybody_is_everybodys_neighbour() -> None:
    shape = network([(0, 1), (0, 2), (1, 2)], 3).shape
    assert (shape.density, shape.clustering, shape.path_length, shape.mean_neighbours) == (1.0, 1.0, 1.0, 2.0)
    assert (shape.centralisation, shape.heterogeneity) == (0.0, 0.0)


def test_without_edges_there_is_no_path() -> None:
    shape = network([], 3).shape
    assert (shape.edges, shape.diameter, shape.path_length, shape.isolated_nodes) == (0, 0, 0.0, 3)


def test_cells_that_follow_one_cause_are_connected_and_others_not() -> None:
    random = np.random.default_rng(1)
    cause = random.normal(size=(100, 1))
    abundances = np.hstack(
        [cause + 0.5 * random.normal(size=(100, 3)), random.normal(size=(100, 2)), np.ones((100, 1))]
    )
    found = cell_network(["T", "CD8", "NK", "neutrophils", "fibroblasts", "constant"], abundances)
    assert sorted(zip(*np.nonzero(np.triu(found.connected)), strict=True)) == [(0, 1), (0, 2), (1, 2)]
    assert found.shape.isolated_nodes == 3


def test_an_edge_is_a_positive_correlation() -> None:
    values = np.arange(20.0)
    assert cell_network(["a", "b"], np.column_stack([values, -values])).shape.edges == 0
