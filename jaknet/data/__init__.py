"""The only door to the bundled files."""
