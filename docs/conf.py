"""Sphinx configuration."""

import importlib.metadata

project = "jaknet"
author = "The jaknet authors"
copyright = author
release = importlib.metadata.version("jaknet")
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.viewcode", "numpydoc"]
exclude_patterns = ["_build", "_templates"]
templates_path = ["_templates"]
html_theme = "furo"
html_title = f"jaknet {release}"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
# No font, script or icon is fetched: the pages can be read offline.
html_theme_options = {"navigation_with_keys": True}
autosummary_generate = True
numpydoc_show_class_members = False
autodoc_typehints = "none"
myst_heading_anchors = 3
suppress_warnings = ["myst.header"]
