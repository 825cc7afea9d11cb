"""Write ``docs/tables.md``: every table that a run writes and every column, in the words of the report.

Run from the project's root. The words stand in ``jaknet/reporting/templates/words.yaml``, so that page and report say the same.
"""

from __future__ import annotations

from pathlib import Path

from jaknet.reporting.words import load_words

PAGE = Path(__file__).resolve().parents[1] / "docs" / "tables.md"
HEAD = """# Tables and their columns

What the files of a run hold, in the words of the report; [the plan](plan.md#what-a-run-writes) lists every file. Columns of the
network's own tables: [curation](curation.md). More on single columns: [ranking](ranking.md#the-columns),
[simulation](simulation.md), [regulators](regulators.md#two-questions-one-p-value). `scripts/make_tables_page.py` makes this page.

Two rules hold everywhere. An empty cell is a value that does not exist, never a zero. A `p_value` is never 0, and a `q_value` is
Benjamini-Hochberg over everything that was tested.
"""


def tables_page() -> str:
    """Return the page as text."""
    words = load_words()
    tables = [f"| `{name}.tsv` | {told['heading']} | {told['about']} |" for name, told in words.tables.items()]
    columns = [f"| `{name}` | {short} | {about} |" for name, (short, about) in sorted(words.columns.items()) if about]
    hidden = [f"- `{name}.tsv`: {', '.join(f'`{column}`' for column in columns)}" for name, columns in words.hidden.items()]
    parts = (
        [HEAD, "## Tables\n", "| file | in the report | what it says |", "| --- | --- | --- |", *tables],
        ["\n## Columns\n", "| column | in the report | meaning |", "| --- | --- | --- |", *columns],
        ["\n## In the files alone\n", "The report leaves these out; they are for checks and further work.\n", *hidden],
    )
    return "\n".join(line for part in parts for line in part) + "\n"


if __name__ == "__main__":
    PAGE.write_text(tables_page(), encoding="utf-8")
    print(f"{PAGE.name} written")
