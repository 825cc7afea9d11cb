"""The user's data, as a plan and the command line say them: one schema for both doors.

Every option of `read_expression`, `pseudobulk`, `contrast` and `read_signature` that a file can hold is a key of `Dataset`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt, model_validator

from jaknet.errors import InputError, few

if TYPE_CHECKING:
    from jaknet.expression.expression import Expression
    from jaknet.expression.signature import Signature

__all__ = ["Dataset", "Part", "as_key", "in_words"]


def _as_names(value: Any) -> Any:
    return value if isinstance(value, (list, tuple)) else [value]


_Names = Annotated[tuple[str, ...], BeforeValidator(_as_names)]


class Part(BaseModel):
    """A mapping of the plan: unknown keys are refused, numbers may stand for text, null means left out."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    @model_validator(mode="before")
    @classmethod
    def _leave_out_nulls(cls, given: Any) -> Any:
        if not isinstance(given, Mapping):
            return given
        lists_and_unknown = {*given} - {*cls.model_fields} | {"drugs", "contexts"}
        return {key: value for key, value in given.items() if value is not None or key in lists_and_unknown}


class Dataset(Part):
    """The user's data: an expression matrix with its contrast, or a finished table."""

    expression: Path | None = Field(None, description="genes by samples: TSV, CSV, featureCounts, RSEM, h5ad, ...", examples=["counts.tsv"])
    samples: Path | None = Field(None, description="one row a sample, sample names in the first column", examples=["samples.tsv"])
    species: Literal["auto", "human", "mouse"] = Field(
        "auto", description="detected by default; genes of another species than the network's are converted, and the conversion reported"
    )
    kind: Literal["auto", "counts", "tpm", "log_intensity"] = Field("auto", description="detected, and stated, by default")
    factor: str = Field("treatment", description="the column of samples that is compared")
    test: str = Field("", description="its level of interest", examples=["IL22"])
    reference: str = Field("", description="its level to compare with", examples=["Mock"])
    covariates: _Names = Field((), description="further columns of the design: donor, batch; whole numbers name groups")
    numeric: _Names = Field((), description="covariates whose whole numbers measure something, such as age")
    subset: dict[str, Any] = Field(default_factory=dict, description="use these samples only", examples=[{"time": "3h"}])
    donor: str = Field("", description="single cells: the column of donors; the cells of each donor and group are summed")
    min_cells: StrictInt = Field(10, ge=1, description="single cells: sums over fewer are left out")
    cells_as_replicates: StrictBool = Field(False, description="single cells: test them as if each were a sample of its own")
    missing: Literal["refuse", "drop"] = Field("refuse", description="genes that lack values")
    method: Literal["auto", "deseq2", "trend"] = Field("auto", description="the test; by default DESeq2's for counts")
    shrink: StrictBool = Field(False, description="add shrunken fold changes, for display")
    max_memory: float = Field(4e9, gt=0, allow_inf_nan=False, description="bytes beyond which counts are tested by limma-trend")
    signature: Path | None = Field(None, description="instead of all above but species: a finished DESeq2, edgeR or limma table")
    columns: dict[str, str] = Field(
        default_factory=dict, description="of signature, where they are not recognised: gene, log2_fold_change, statistic, p_value"
    )
    complete: StrictBool | None = Field(None, description="whether signature holds every gene measured; null: detected")
    duplicates: Literal["refuse", "sum", "mean", "max", "strongest"] = Field(
        "refuse", description="a gene listed twice; strongest is for signature, sum, mean and max are for expression"
    )

    @model_validator(mode="after")
    def _check_source(self) -> Dataset:
        if (self.signature is None) == (self.expression is None):
            raise ValueError("needs either expression (with samples, test, reference) or signature; give exactly one")
        source = "signature" if self.expression is None else "expression"
        other = {name for name, part in Dataset.model_fields.items() if getattr(self, name) != part.get_default(call_default_factory=True)}
        foreign = sorted(other & _ONLY_WITH["expression" if source == "signature" else "signature"])
        if foreign:
            raise ValueError(f"with {source} has {few(foreign)}, which only the other kind of data has. Leave it out")
        summed = sorted(other & {"kind", "missing", "duplicates", "cells_as_replicates"})
        if self.donor and summed:
            raise ValueError(f"with donor has {few(summed)}, but cells are summed as counts. Leave it out")
        if self.duplicates in ("sum", "mean", "max") if source == "signature" else self.duplicates == "strongest":
            choice = "strongest" if source == "signature" else "sum, mean or max"
            raise ValueError(f"with {source} has duplicates {self.duplicates}. Choose refuse, {choice}")
        return self

    @model_validator(mode="after")
    def _check_levels(self) -> Dataset:
        if self.expression is not None:
            wanted = ["test", "reference"] if self.expression.suffix == ".h5ad" else ["samples", "test", "reference"]
            lacking = [key for key in wanted if not getattr(self, key)]
            if lacking:
                raise ValueError(f"with expression lacks {few(lacking)}. Name the sample table and the two levels to compare")
        return self

    def read(self) -> Expression | None:
        """Return the expression matrix, single cells summed by donor; None where there is a finished table."""
        from jaknet.expression.expression import read_expression
        from jaknet.expression.pseudobulk import pseudobulk

        if self.expression is None:
            return None
        if not self.donor:
            options = {name: getattr(self, name) for name in ("kind", "species", "duplicates", "missing")}
            return read_expression(self.expression, self.samples, **options)
        columns = [self.factor, *self.subset, *(part for name in self.covariates for part in name.split(":"))]
        groups = [name for name in dict.fromkeys(columns) if name != self.donor]
        return pseudobulk(self.expression, self.donor, groups, self.min_cells, self.species, samples=self.samples)

    def contrast(self, expression: Expression | None, to_species: str | None = None) -> Signature:
        """Return the signature of the data.

        Parameters
        ----------
        expression : Expression or None
            What `read` returned.
        to_species : str, optional
            Species whose symbols the genes are brought to, which the signature's notes tell; by default they keep their own.
        """
        from jaknet.expression.contrast import contrast
        from jaknet.expression.read_signature import read_signature

        if expression is not None:
            names = ("factor", "test", "reference", "covariates", "species", "numeric", "subset", "method", "shrink", "max_memory")
            options = {name: getattr(self, name) for name in (*names, "cells_as_replicates")}
            made, species = contrast(expression, orthologs_to=to_species, **options), expression.species
        else:
            given = {name: getattr(self, name) for name in ("species", "columns", "duplicates", "complete")}
            read = read_signature(self.signature, **given)
            made, species = read.to_species(to_species) if to_species else read, read.species
        if to_species in (None, species):
            return made
        note = f"the data are {species}; {len(made):,} {to_species} genes stand for their orthologs"
        return replace(made, report={**made.report, "notes": [*made.report.get("notes", []), note]})


#: Keys that make sense with one kind of data alone.
_ONLY_WITH = {"signature": {"columns", "complete"}}
_ONLY_WITH["expression"] = set(Dataset.model_fields) - {"expression", "signature", "species", "duplicates", "columns", "complete"}

_SAID = re.compile(rf"\b({'|'.join(sorted(Dataset.model_fields, key=len, reverse=True))})=(\{{[^}}]*\}}|'[^']*'|True|False|)")
_PYTHON_ONLY = re.compile(r", then convert with sig\.to_species\('\w+'\)")


@contextmanager
def in_words(say: Callable[[str, str], str]) -> Iterator[None]:
    """Say the remedies of input errors in the words of another door than Python.

    Parameters
    ----------
    say : callable
        Key and value, as in ``duplicates='sum'``, -> the same for this door.

    Examples
    --------
    >>> with in_words(as_key):
    ...     raise InputError("GAPDH appears twice; say duplicates='sum'.")
    Traceback (most recent call last):
    jaknet.errors.InputError: GAPDH appears twice; say duplicates: sum.
    """
    try:
        yield
    except InputError as error:
        # The class of the error is a promise, so that the message alone is changed.
        error.args = (_SAID.sub(lambda found: say(found[1], found[2].strip("'")), _PYTHON_ONLY.sub("", str(error))),)
        raise


def as_key(key: str, value: str) -> str:
    """Return a key and its value as a plan writes them.

    Parameters
    ----------
    key, value : str
        As Python says them; an empty value stands for any.

    Examples
    --------
    >>> as_key("columns", "{'gene': ...}"), as_key("cells_as_replicates", "True")
    ('columns: {gene: ...}', 'cells_as_replicates: true')
    """
    return f"{key}: {value.lower() if value in ('True', 'False') else value.replace(chr(39), '')}".rstrip()
