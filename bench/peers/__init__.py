"""What the product is measured against: the plain loop, dag-factory, pydantic, requests. No product code runs here."""
