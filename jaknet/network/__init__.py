"""Networks: read, build, audit, prune, rewire, write."""
