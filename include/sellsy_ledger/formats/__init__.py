"""Journal entries as files: pure, one module per format."""
