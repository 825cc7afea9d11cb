# Reference values of limma and DESeq2 for tests/expression.
# Made with R 4.2.2, limma 3.54.1 and DESeq2 1.38.3 of Debian 12 (r-bioc-limma, r-bioc-deseq2):
#   Rscript make_golden.R COUNTS_OF_AIRWAY.csv.gz METADATA_OF_AIRWAY.csv
# Writes beside this script: simulated_counts.tsv (drawn here, seed 5), simulated_limma.tsv, simulated_deseq2.tsv,
# and statistics of 200 genes of the airway data (GSE52778) as airway_deseq2.tsv and airway_limma.tsv.
suppressMessages({library(limma); library(DESeq2)})
arguments <- commandArgs(trailingOnly = TRUE)
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE)))
save <- function(frame, name) {
  frame <- cbind(gene = rownames(frame), format(frame, digits = 9))
  write.table(frame, file.path(here, name), sep = "\t", quote = FALSE, row.names = FALSE)
}

# A paired design: four donors, each with and without the drug; 400 genes, 80 of them changed.
set.seed(5)
genes <- 400
drug <- rep(c(0, 1), 4)
donor <- factor(rep(1:4, each = 2))
level <- exp(rnorm(genes, 5, 1.5))
change <- c(rnorm(80, 0, 1.2), rep(0, genes - 80))
mean <- outer(level, rep(1, 8)) * 2^(outer(change, drug)) * exp(matrix(rnorm(genes * 4, 0, .3), genes)[, as.integer(donor)])
mean <- sweep(mean, 2, c(1, .8, 1.3, 1.1, .9, 1, 1.2, .7), "*")
dispersion <- .03 + 2 / level
counts <- matrix(rnbinom(genes * 8, mu = mean, size = 1 / dispersion), genes)
dimnames(counts) <- list(sprintf("gene%03d", 1:genes), sprintf("s%d", 1:8))
counts <- counts[rowSums(counts) >= 10, ]
write.table(cbind(gene = rownames(counts), counts), file.path(here, "simulated_counts.tsv"), sep = "\t", quote = FALSE, row.names = FALSE)

limma_table <- function(logs, design, column) {
  plain <- eBayes(lmFit(logs, design)); trend <- eBayes(lmFit(logs, design), trend = TRUE)
  data.frame(log2_fold_change = plain$coefficients[, column], t = plain$t[, column], p = plain$p.value[, column],
             t_trend = trend$t[, column], p_trend = trend$p.value[, column],
             prior_df = plain$df.prior, prior_df_trend = trend$df.prior)
}
deseq_table <- function(counts, data, design, name) {
  fitted <- DESeq(DESeqDataSetFromMatrix(counts, data, design), quiet = TRUE)
  found <- results(fitted, name = name, independentFiltering = FALSE)
  data.frame(log2_fold_change = found$log2FoldChange, stat = found$stat, p = found$pvalue, base_mean = found$baseMean, row.names = rownames(found))
}
data <- data.frame(donor, drug = factor(drug))
save(limma_table(log2(counts + 1), model.matrix(~ donor + drug), "drug"), "simulated_limma.tsv")
save(deseq_table(counts, data, ~ donor + drug, "drug_1_vs_0"), "simulated_deseq2.tsv")

counts <- as.matrix(read.csv(gzfile(arguments[1]), row.names = 1))
counts <- counts[rowSums(counts) >= 10, ]
data <- read.csv(arguments[2], row.names = 1)
data$dex <- factor(data$dex, levels = c("control", "treated"))
set.seed(1)
shown <- sort(sample(rownames(counts)[rowMeans(counts) >= 20], 200))
save(deseq_table(counts, data, ~ celltype + dex, "dex_treated_vs_control")[shown, ], "airway_deseq2.tsv")
per_million <- log2(t((t(counts) + .5) / (colSums(counts) + 1)) * 1e6)
save(limma_table(per_million, model.matrix(~ celltype + dex, data), "dextreated")[shown, ], "airway_limma.tsv")
