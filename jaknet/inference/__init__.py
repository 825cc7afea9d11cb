"""Inference: ranking, regulators, comparison, and the statistics they share."""
