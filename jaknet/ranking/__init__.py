"""Genes downstream of a perturbation, by prediction, by data, and by both."""
