"""Validation: networks and engines against published perturbation facts."""
