"""jaknet: from JAK inhibition in osteoblasts to ranked osteoanabolic genes.

``import jaknet as jn`` gives the names listed in ``__init__.pyi``; each is loaded when it is first
used, so that the import itself stays fast.
"""

from lazy_loader import attach_stub

from jaknet._version import __version__ as __version__

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
