"""Where documents come from: one folder per invoicing service."""
