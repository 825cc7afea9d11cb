"""Sphinx configuration."""

import importlib.metadata

project = "jaknet"
author = "The jaknet authors"
release = importlib.metadata.version("jaknet")
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.viewcode", "numpydoc"]
exclude_patterns = ["_build"]
html_theme = "alabaster"
html_static_path: list[str] = []
numpydoc_show_class_members = False
autodoc_typehints = "none"
myst_heading_anchors = 3
suppress_warnings = ["myst.header"]
