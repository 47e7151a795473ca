"""Sellsy: HTTP client, and reader from its objects to our documents."""
