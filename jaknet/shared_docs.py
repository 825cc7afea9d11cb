"""Parameters that many public functions share, described once and inserted into their docstrings."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["PARAMETERS", "describe"]

Documented = TypeVar("Documented", bound=Callable[..., Any] | type)

#: Name in a docstring, as in ``%(seed)s`` -> the numpydoc entry that takes its place.
PARAMETERS = {
    "network": """
        network : Network or str
            A network, or the name of a bundled one (`jaknet.list_networks`).
        """,
    "signature": """
        signature : Signature
            Differential expression over every gene measured (`jaknet.contrast`, `jaknet.read_signature`).
        """,
    "response": """
        response : Response
            A predicted response (`jaknet.perturb`).
        """,
    "perturbations": """
        perturbations : Perturbation, str or sequence of them
            What is changed, such as ``knockout("STAT3")`` or ``"tofacitinib 300 nM"``; several are combined.
        """,
    "context": """
        context : Context or str, optional
            State of the cell before the perturbation, or the name of a bundled one (`jaknet.list_contexts`). By default
            the resting state, without ligands.
        """,
    "background": """
        background : Perturbation, str or sequence of them, optional
            Changed in both arms, such as a cytokine that is there with and without the drug.
        """,
    "drug": """
        drug : Drug or str
            A drug, or the name of a bundled one (`jaknet.list_drugs`).
        """,
    "nodes": """
        nodes : iterable of str, optional
            Nodes or genes to report. By default all.
        """,
    "engine": """
        engine : {"logic", "linear"}
            Steady states of the model itself, or of its tangent at the baseline.
        """,
    "members": """
        members : int
            Number of cells drawn for the ensemble; what is uncertain differs from one to the next.
        """,
    "settings": """
        settings : EnsembleSettings, optional
            How the ensemble is drawn; the defaults if not given.
        """,
    "assay": """
        assay : {"cellular", "enzyme"}
            Potency of drugs in cells, or on isolated enzymes.
        """,
    "matrix": """
        matrix : {"medium", "blood"}
            What doses are concentrations in: free drug in medium, or total drug in blood, of which the unbound part acts.
        """,
    "rotations": """
        rotations : int
            Random rotations of the residuals behind the p-values, where the signature has them; 0 for none.
        """,
    "species": """
        species : {"auto", "human", "mouse"}
            Species of the genes; ``"auto"`` tells it by their names.
        """,
    "gene_sets": """
        gene_sets : mapping, path or str, optional
            Set name -> genes, a GMT file, or ``"enrichr:NAME"``, a library that is fetched. By default the bundled sets.
        """,
    "seed": """
        seed : int or numpy.random.Generator
            Of every random draw. The same seed gives the same result to the last bit.
        """,
    "progress": """
        progress : bool, optional
            Show a progress bar. By default only on a terminal.
        """,
    "reference": """
        reference : str
            A paper as ``PMID:...``, ``DOI:...`` or ``PMCID:...``; whichever is given, all its identifiers are meant.
        """,
    "aliases": """
        aliases : iterable of str
            Further identifiers of the same paper.
        """,
    "base_url": """
        base_url : str
            Address of the server, or of a mirror of it.
        """,
    "sha256": """
        sha256 : str, optional
            Hash that the file must have. By default any: the sources change their files. The hash found is in
            ``report["sha256"]``; give it to get the same network again, or an error.
        """,
    "cache": """
        cache : str or Path, optional
            Folder for downloads. By default the one that the environment variable ``JAKNET_CACHE`` names, else the user's cache.
        """,
}
_PLACE = re.compile(r"^( *)%\((\w+)\)s$", re.MULTILINE)


def describe(documented: Documented) -> Documented:
    """Replace each line ``%(name)s`` of a docstring with the shared description of that parameter.

    Parameters
    ----------
    documented : callable or class
        Whose docstring is completed in place.

    Raises
    ------
    KeyError
        If a name is not in `PARAMETERS`.

    Examples
    --------
    >>> @describe
    ... def draw(seed: int = 0) -> None:
    ...     '''Draw.
    ...
    ...     Parameters
    ...     ----------
    ...     %(seed)s
    ...     '''
    >>> "Of every random draw" in draw.__doc__
    True
    """

    def _entry(place: re.Match[str]) -> str:
        return textwrap.indent(textwrap.dedent(PARAMETERS[place[2]]).strip(), place[1])

    if documented.__doc__:
        documented.__doc__ = _PLACE.sub(_entry, documented.__doc__)
    return documented
