"""Extract the bundled measured examples from their source files.

Run from the project's root with the folder that holds ``expression/neural_kinase_screen_*`` and
``expression/mouse_bone_osteocyte_enriched_*``, then ``python scripts/update_registry.py``::

    python scripts/extract_examples.py "$JAKNET_REAL_DATA"

Both source repositories are under the MIT licence; the datasheet beside each example says which, what was taken and what was left out.
"""

from __future__ import annotations

import argparse
import gzip
from pathlib import Path

import pandas as pd

CONTROLS = "Drug control"
#: The JAK inhibitors of the screen, and one inhibitor of other kinases (the datasheet has the rule it was chosen by).
DRUGS = ("ruxolitinib", "tofacitinib", "fedratinib", "zm-447439")


def jak_inhibitors(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return counts and samples of the neural kinase screen: every well of the controls and of the four drugs.

    Parameters
    ----------
    folder : Path
        With the counts and the table of wells.
    """
    counts = pd.read_csv(folder / "neural_kinase_screen_counts.csv.gz", index_col=0).rename_axis("gene")
    wells = pd.read_csv(folder / "neural_kinase_screen_wells.csv", dtype={"Concentration": float})
    wells = wells[wells["Drug"].isin([CONTROLS, *DRUGS])].sort_values("Well")
    treated = wells["Drug"] != CONTROLS
    samples = pd.DataFrame(
        {
            "sample": wells["Well"],
            "treatment": wells["Drug"].where(treated, "control"),
            "dose": wells["Concentration"].map("{:g} uM".format).where(treated, "none"),
        }
    )
    return counts[samples["sample"]], samples


def mouse_bone(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return expected counts and samples of mouse bone with and without its marrow, all as received.

    Parameters
    ----------
    folder : Path
        With the counts and the sample table.
    """
    counts = pd.read_csv(folder / "mouse_bone_osteocyte_enriched_counts.tsv.gz", sep="\t", index_col=0).rename_axis("gene")
    return counts, pd.read_csv(folder / "mouse_bone_osteocyte_enriched_samples.tsv", sep="\t")


def main() -> None:
    """Write counts and samples of both examples; the same bytes each time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder that holds expression/")
    source = parser.parse_args().data / "expression"
    shelf = Path(__file__).resolve().parents[1] / "expression"
    for name, extract in {"jak_inhibitors_neural": jak_inhibitors, "mouse_bone_osteocytes": mouse_bone}.items():
        counts, samples = extract(source)
        # Whole numbers without a decimal point: a third of the file.
        text = counts.to_csv(sep="\t", lineterminator="\n", float_format="%.10g")
        size = (shelf / name / "counts.tsv.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
        samples.to_csv(shelf / name / "samples.tsv", sep="\t", index=False, lineterminator="\n")
        print(f"{name}: {counts.shape[0]} genes x {counts.shape[1]} samples, {size} bytes")


if __name__ == "__main__":
    main()
