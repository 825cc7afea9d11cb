"""Figures that take a result or its table and an optional ``ax``, and return matplotlib Axes: ``jaknet.plot``."""

from jaknet.reporting.plot.data import enrichment, quality, regulators, running_score, volcano
from jaknet.reporting.plot.genes import concordance, effects, heatmap
from jaknet.reporting.plot.scans import dose_response, time_course
from jaknet.reporting.plot.trust import reliability, selectivity
from jaknet.reporting.plot.wiring import network, route

__all__ = [
    "concordance",
    "dose_response",
    "effects",
    "enrichment",
    "heatmap",
    "network",
    "quality",
    "regulators",
    "reliability",
    "route",
    "running_score",
    "selectivity",
    "time_course",
    "volcano",
]
