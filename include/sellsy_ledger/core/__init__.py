"""Pure accounting: no HTTP, SQL, clock or environment."""
