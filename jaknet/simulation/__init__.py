"""Simulation: drugs at doses in contexts, over an ensemble of models."""
