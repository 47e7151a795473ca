"""What every API client of the product shares: transport, throttle, paging, redaction.

Used by the source (Sellsy) and by every connector; knows no API.
"""
