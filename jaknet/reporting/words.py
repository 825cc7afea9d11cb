"""Columns and tables in words: what the report calls them, and what its tooltips say."""

from __future__ import annotations

__all__ = ["COLUMNS", "HIDDEN", "TABLES", "kind_of"]

#: Table -> (heading, what it shows). The order is that of the page.
TABLES = {
    "ranking": (
        "Genes downstream",
        "What is predicted of each gene, how sure that is, by which route, and what was published and measured. A claim holds only where the "
        "prediction beats the baselines, which stand in the file.",
    ),
    "experiments": (
        "Published experiments",
        "What others found when they did the same (the same drug, or exactly these nodes) or something that shares a target. Two papers on the same "
        "experiment agree in four of five cases, experiments that share only a target in fewer than half.",
    ),
    "regulators": ("Regulators of the dataset", "Which upstream change explains the measured genes, whatever the drug; p and q over every regulator tested."),
    "comparison": ("Does the dataset look like the prediction?", "Each row measures the likeness in another way; one that points the wrong way forbids a call."),
    "enrichment": (
        "Gene sets",
        "Ranked by what was observed (the dataset, under no drug) or by what is predicted. p-values permute genes, which ignores that genes move "
        "together: an order, not error rates.",
    ),
    "signature": ("Measured genes", "Differential expression of the dataset."),
    "quality": ("Samples", "Depth, sex, likeness to the own group, and where each sample lies among the others."),
    "net_effects": (
        "Net effect on bone",
        "Sum of the predicted changes over the genes that make or break bone; positive builds bone. With the edges that restate the source study, and without.",
    ),
    "response": ("All nodes", "Every activity and transcript before and after. An activity runs from 0 to 1; a transcript changes by log2 fold changes."),
    "controls": (
        "Controls of the model",
        "What every textbook knows of ligands, inhibitors and contexts, asked of this network. Nothing predicted is better than the cell that it is predicted in.",
    ),
}

#: Column -> (name in words, what it is).
COLUMNS = {
    "gene": ("Gene", "Human symbol"),
    "drug": ("Drug", ""),
    "dose": ("Dose", "Free concentration, or regimen"),
    "context": ("Context", "State of the cell before the drug"),
    "polarity": ("Bone", "1: the gene promotes bone, -1: it opposes bone, 0: neither"),
    "process": ("Process", "Formation, resorption, mineral homeostasis or Wnt"),
    "predicted": ("Predicted", "Median log2 fold change over the members of the ensemble; in experiments: the predicted direction"),
    "predicted_low": ("Low", "Lower end of the 90 % interval of the members"),
    "predicted_high": ("High", "Upper end of the 90 % interval of the members"),
    "direction": ("Direction", "Up, down or none where that outcome has at least half of the members, else unsure; of experiments and facts: as published"),
    "p_direction": ("Probability", "Of the direction"),
    "route": ("Route", "Carries the change from a target of the drug to the gene"),
    "weakest_tier": ("Weakest evidence", "Of the route. A: read, B: a database's reference, C: a resource alone"),
    "references": ("Papers", "That the edges of the route rest on"),
    "papers_up": ("Papers: up", "Papers that did the same and report a rise"),
    "papers_down": ("Papers: down", "Papers that did the same and report a fall"),
    "papers_none": ("Papers: none", "Papers that did the same and report no change"),
    "p_rise": ("Rises, with papers", "Probability of a rise rather than a fall, from the network and these papers together"),
    "observed": ("Observed", "Measured log2 fold change; the dataset knows of no drug"),
    "observed_q_value": ("Observed q", "Of the measured change"),
    "agreement": ("Agreement", "Whether a clear measured change goes the predicted way"),
    "topology_p_value": ("Topology p", "Would a random network with the same degrees move the gene as far?"),
    "topology_q_value": ("Topology q", "The same over all genes"),
    "rank": ("Rank", "Place in the ranking"),
    "speaks": ("Speaks", "For or against the prediction; neither where nothing is predicted"),
    "perturbation": ("What was done", "As published"),
    "same_nodes": ("Same experiment", "The same drug, or exactly the same nodes"),
    "experiment_context": ("Its context", "State of the cells in the experiment"),
    "system": ("System", "Cells or animals"),
    "measure": ("Measure", "What was read"),
    "paper": ("Paper", ""),
    "note": ("Note", ""),
    "regulator": ("Regulator", ""),
    "n_targets": ("Targets", "Measured targets"),
    "statistic": ("Statistic", "Signed; positive is up"),
    "p_value": ("p", ""),
    "q_value": ("q", "Benjamini-Hochberg over everything tested"),
    "targets": ("Leading targets", ""),
    "redundant_with": ("Shares targets with", "A stronger regulator with many of the same targets"),
    "term": ("Gene set", ""),
    "by": ("Ranked by", "observed, predicted or combined"),
    "n_genes": ("Genes", "Of the set that are in the ranking"),
    "n_set": ("Size", "Of the set"),
    "normalized_score": ("Score", "Normalised enrichment score"),
    "leading_edge": ("Leading edge", "Genes that make the score"),
    "log2_fold_change": ("log2 fold change", ""),
    "sample": ("Sample", ""),
    "library_size": ("Reads", "Or sum of intensities"),
    "detected_genes": ("Genes seen", ""),
    "own_group": ("Own group", "Mean correlation with samples of the same group"),
    "other_group": ("Other group", "Mean correlation with the other samples"),
    "flags": ("Doubts", ""),
    "study": ("Source study", "Whether the edges that restate Adam et al. 2020 are in"),
    "median": ("Median", "Summed log2 fold changes; positive builds bone"),
    "low": ("Low", "Lower end of the 90 % interval"),
    "high": ("High", "Upper end of the 90 % interval"),
    "p_anabolic": ("Builds bone", "Probability that the sum is above 0"),
    "p_catabolic": ("Against bone", "Probability that the sum is below 0"),
    "node": ("Node", ""),
    "kind": ("Kind", ""),
    "quantity": ("Quantity", "Activity or transcript"),
    "baseline": ("Before", "Median over the members"),
    "perturbed": ("After", "Before plus the median change"),
    "effect": ("Change", "Median over the members"),
    "effect_low": ("Low", "Lower end of the 90 % interval of the members"),
    "effect_high": ("High", "Upper end of the 90 % interval of the members"),
    "p_up": ("Rises", "Share of the members that rise beyond the margin"),
    "p_down": ("Falls", "Share of the members that fall beyond the margin"),
    "p_none": ("Stays", "Share of the members that stay within the margin"),
    "id": ("Name", ""),
    "nodes": ("What is done to", ""),
    "sign": ("Done", "1: raised or added, -1: inhibited or deleted"),
    "readout": ("Read out", ""),
    "pathway": ("Pathway", ""),
    "share": ("Members", "Share that move as expected"),
    "verdict": ("Verdict", ""),
    "estimate": ("Estimate", ""),
    "expected": ("Expected", "Sign that likeness has"),
    "chance": ("By chance", ""),
    "variance_explained": ("Variance explained", ""),
}

#: Columns that are in the file and not on the page, by table.
HIDDEN = {
    "ranking": (
        "weakest_edge observed_statistic observed_null_p_value observed_null_q_value combined p_conjunction q_conjunction baseline_shortest_path "
        "baseline_degree baseline_data in_network"
    ).split(),
    "experiments": ["same_way", "link", "id"],
    "regulators": ["gene_p_value", "rotation_p_value", "inflation", "shared_fraction"],
    "comparison": ["call", "verdict", "competitive_p_value", "rotation_p_value"],
    "enrichment": ["cluster", "about", "score"],
    "response": ["gene"],
    "controls": ["background", "reference_ligand", "reference_effect", "note"],
}

_PROBABILITIES = {"p_direction", "p_rise", "p_anabolic", "p_catabolic", "p_up", "p_down", "p_none", "share"}


def kind_of(column: str) -> str:
    """Return how a column is shown: ``share`` (in %), ``p`` (scientific where small), ``links``, ``genes`` or ``plain``.

    Parameters
    ----------
    column : str
        Its name.
    """
    if column in _PROBABILITIES:
        return "share"
    if column.endswith(("p_value", "q_value")):
        return "p"
    if column in {"references", "paper"}:
        return "links"
    return "gene" if column in {"gene", "regulator"} else "plain"
