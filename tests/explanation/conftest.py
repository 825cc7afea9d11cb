"""Small networks and signatures with a known explanation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pandas as pd
import pytest

import jaknet as jn


@pytest.fixture(scope="session")
def make_network() -> Callable[..., jn.Network]:
    """Make a network of lines such as ``A > B`` (activates), ``A | B`` (inhibits), with ``=>`` and ``=|`` onto transcripts, ``part`` of."""
    signs = {
        ">": (1, "signaling"),
        "|": (-1, "signaling"),
        "=>": (1, "transcription"),
        "=|": (-1, "transcription"),
        "part": (1, "signaling"),
    }

    def make(lines: Sequence[str], nodes: pd.DataFrame | None = None, **columns: object) -> jn.Network:
        rows = []
        for line in lines:
            source, mark, target = line.split()
            sign, layer = signs[mark]
            rows.append(
                {"source": source, "target": target, "sign": sign, "layer": layer, "mechanism": "part_of" if mark == "part" else ""}
            )
        edges = pd.DataFrame(rows).assign(**({"canonical": 1, "tier": "A"} | columns))
        return jn.Network(edges, nodes, name="toy")

    return make


@pytest.fixture(scope="session")
def make_signature() -> Callable[..., jn.Signature]:
    """Make a signature in which the named genes have the given statistics and 100 others small ones."""

    def make(statistics: Mapping[str, float], others: int = 100, label: str = "toy", **columns: object) -> jn.Signature:
        small = {f"OTHER{i}": 0.001 * (i + 1) for i in range(others)}
        table = pd.Series({**small, **statistics}).rename_axis("gene").rename("statistic").reset_index()
        q_value = [0.001 if abs(value) > 3 else 0.9 for value in table["statistic"]]
        table = table.assign(log2_fold_change=table["statistic"], p_value=q_value, q_value=q_value).assign(**columns)
        return jn.Signature(table, label=label)

    return make
