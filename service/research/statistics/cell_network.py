"""A network of cell populations: which are connected, and the figures of its shape that Fan took from Cytoscape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tilscope.service.research.statistics.correlation import correlation_table

Floats = NDArray[np.float64]
#: Fan 2023: an edge where Pearson's correlation is greater.
EDGE_ABOVE = 0.5


@dataclass(frozen=True)
class NetworkShape:
    """As Cytoscape's NetworkAnalyzer defines each."""

    nodes: int
    edges: int
    diameter: int
    """Longest of the shortest paths, within connected parts."""
    density: float
    centralisation: float
    heterogeneity: float
    """SD over mean of the numbers of neighbours (Dong and Horvath 2007)."""
    clustering: float
    path_length: float
    """Mean of the shortest paths, over pairs that are connected."""
    isolated_nodes: int
    mean_neighbours: float


@dataclass(frozen=True, eq=False)
class CellNetwork:
    cells: tuple[str, ...]
    r: Floats
    """[cell, cell]."""
    connected: NDArray[np.bool_]
    """[cell, cell], without the diagonal."""

    @property
    def shape(self) -> NetworkShape:
        return _shape(self.connected)


def cell_network(cells: Sequence[str], abundances: Floats, above: float = EDGE_ABOVE) -> CellNetwork:
    """Of abundances [study, cell]; a population that is constant is connected with none."""
    r = correlation_table(abundances, abundances).r
    connected = np.nan_to_num(r) > above
    np.fill_diagonal(connected, False)
    return CellNetwork(tuple(cells), r, connected)


def _shape(connected: NDArray[np.bool_]) -> NetworkShape:
    import networkx as nx

    graph = nx.from_numpy_array(connected.astype(int))
    n = graph.number_of_nodes()
    neighbours = connected.sum(axis=1).astype(float)
    paths = [
        length for start, lengths in nx.all_pairs_shortest_path_length(graph) for end, length in lengths.items() if end > start
    ]  # fmt: skip
    density = float(nx.density(graph)) if n > 1 else 0.0
    return NetworkShape(
        nodes=n,
        edges=graph.number_of_edges(),
        diameter=max(paths, default=0),
        density=density,
        centralisation=float(n / (n - 2) * (neighbours.max() / (n - 1) - density)) if n > 2 else 0.0,
        heterogeneity=float(neighbours.std() / neighbours.mean()) if neighbours.any() and n > 1 else 0.0,
        clustering=float(nx.average_clustering(graph)) if n else 0.0,
        path_length=float(np.mean(paths)) if paths else 0.0,
        isolated_nodes=int((neighbours == 0).sum()),
        mean_neighbours=float(neighbours.mean()) if n else 0.0,
    )
