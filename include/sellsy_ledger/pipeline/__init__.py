"""The steps of a nightly run, in the order data flows."""
