"""Fetch public resources: the only functions that go online. Downloads are cached, and checked by their hash."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd

from jaknet.errors import InputError, OfflineError, few
from jaknet.network.io.read import read_network
from jaknet.network.network import Network
from jaknet.shared_docs import describe

__all__ = ["CACHE_VARIABLE", "fetch_collectri", "fetch_omnipath", "fetch_progeny", "fetch_signor"]

#: Environment variable with the folder for downloads.
CACHE_VARIABLE = "JAKNET_CACHE"
_OMNIPATH = "https://omnipathdb.org"
_SIGNOR = "https://signor.uniroma2.it"
_ZENODO = "https://zenodo.org"
_TAXA = {"human": "9606", "mouse": "10090"}


@describe
def fetch_collectri(base_url: str = _ZENODO, sha256: str | None = None, cache: str | Path | None = None) -> Network:
    """Fetch CollecTRI, signed regulons of human transcription factors.

    Müller-Dott et al. (2023) Nucleic Acids Res 51:10934.

    Parameters
    ----------
    %(base_url)s
    %(sha256)s
    %(cache)s

    Returns
    -------
    Network
        ``report`` holds the counts of `read_network`, ``url`` and ``sha256``. Edges whose sign the source
        assumed have ``sign_basis`` ``default``.

    Raises
    ------
    OfflineError
        If the server cannot be reached, answers with an error, or sends a file with another hash.
    InputError
        For an answer that is not the table expected.
    """
    url = f"{base_url}/records/8192729/files/CollecTRI_regulons.csv?download=1"
    return _fetch(url, "collectri_human.csv", "decoupler", "human", sha256, cache)


@describe
def fetch_omnipath(
    species: str = "human", base_url: str = _OMNIPATH, sha256: str | None = None, cache: str | Path | None = None
) -> Network:
    """Fetch the directed post-translational interactions of OmniPath; those without a sign are counted and left out.

    Türei et al. (2021) Mol Syst Biol 17:e9923. Many of its feedback edges carry the wrong sign: look at ``.audit()`` before use.

    Parameters
    ----------
    species : {"human", "mouse"}
        Whose proteins.
    %(base_url)s
    %(sha256)s
    %(cache)s

    Returns
    -------
    Network

    Raises
    ------
    OfflineError, InputError
        As in `fetch_collectri`; the latter also for another species.
    """
    query = f"genesymbols=1&fields=sources,references&organisms={_taxon(species)}&directed=1"
    return _fetch(f"{base_url}/interactions?{query}", f"omnipath_{species}.tsv", "omnipath", species, sha256, cache)


@describe
def fetch_signor(species: str = "human", base_url: str = _SIGNOR, sha256: str | None = None, cache: str | Path | None = None) -> Network:
    """Fetch SIGNOR, signed causal relations with their papers.

    Lo Surdo et al. (2023) Nucleic Acids Res 51:D631.

    Parameters
    ----------
    species : {"human", "mouse"}
        Whose proteins.
    %(base_url)s
    %(sha256)s
    %(cache)s

    Returns
    -------
    Network

    Raises
    ------
    OfflineError, InputError
        As in `fetch_collectri`; the latter also for another species.
    """
    return _fetch(f"{base_url}/getData.php?organism={_taxon(species)}", f"signor_{species}.tsv", "signor", species, sha256, cache)


@describe
def fetch_progeny(top: int = 500, base_url: str = _OMNIPATH, sha256: str | None = None, cache: str | Path | None = None) -> Network:
    """Fetch PROGENy, human footprint genes of 14 pathways, as a network from pathways to transcripts.

    Schubert et al. (2018) Nat Commun 9:20.

    Parameters
    ----------
    top : int
        Keep this many genes a pathway, by p-value.
    %(base_url)s
    %(sha256)s
    %(cache)s

    Returns
    -------
    Network
        Weights are scaled to the largest; ``report["beyond_top"]`` counts the edges left out.

    Raises
    ------
    OfflineError, InputError
        As in `fetch_collectri`.
    """
    network = _fetch(f"{base_url}/annotations?resources=PROGENy", "progeny_human.tsv", "progeny", "human", sha256, cache)
    edges = network.edges
    p_value = pd.to_numeric(edges["note"].str.removeprefix("p="), errors="coerce").fillna(1.0)
    kept = (p_value.groupby(edges["source"]).rank(method="first") <= top).to_numpy()
    network.report["beyond_top"] = int((~kept).sum())
    used = edges[kept]
    return Network(used, None, network.name, report=network.report)


def _taxon(species: str) -> str:
    if species not in _TAXA:
        raise InputError(f"unknown species {species!r}; use one of {few(_TAXA)}.")
    return _TAXA[species]


def _fetch(url: str, file: str, format: str, species: str, sha256: str | None, cache: str | Path | None) -> Network:
    import pooch
    import requests

    folder = Path(cache or os.environ.get(CACHE_VARIABLE) or pooch.os_cache("jaknet"))
    # Pooch fetches again what is in the cache with another hash; without one it keeps what was fetched last.
    logger = pooch.get_logger()
    logger.setLevel("WARNING")
    try:
        known = f"sha256:{sha256}" if sha256 else None
        path = pooch.retrieve(url, known, fname=file, path=folder, downloader=pooch.HTTPDownloader(timeout=60))
    except (requests.exceptions.RequestException, OSError) as error:
        message = f"cannot fetch {url}: {type(error).__name__}. Check the connection, or read a copy with read_network(path)."
        raise OfflineError(message) from error
    except ValueError as error:
        message = f"{url} sent a file whose SHA-256 is not {sha256}: the source has changed, or the download is damaged."
        raise OfflineError(f"{message} Leave out sha256 to accept it.") from error
    network = read_network(path, format=format, name=file.partition(".")[0], species=species)
    network.report.update(url=url, sha256=pooch.file_hash(path))
    return network
