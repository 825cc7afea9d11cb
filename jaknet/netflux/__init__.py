"""Netflux: published logic models as Excel workbooks, read, run to their steady state and written."""
