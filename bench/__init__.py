"""Measures the performance budget: each row beside its peer or physical floor, in the same run (``python -m bench``)."""
