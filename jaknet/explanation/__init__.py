"""What a dataset can be explained by: the smallest signed network from causes to changed genes."""
