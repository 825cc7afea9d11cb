"""Who explains a dataset: regulons, methods that score them, rotation tests, regulators, pathway footprints."""
