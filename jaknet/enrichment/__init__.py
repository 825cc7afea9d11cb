"""Enrichment: gene sets and gseapy."""
