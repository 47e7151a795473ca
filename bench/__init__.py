"""``python -m bench`` measures the performance budget: each row beside its peer or floor, in the same run."""
