"""Results for people: the report, its figures, and the text of a terminal."""

from lazy_loader import attach

__getattr__, __dir__, __all__ = attach(__name__, submodules=["plot"])
