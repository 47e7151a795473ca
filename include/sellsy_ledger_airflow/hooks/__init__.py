"""Custom hooks: an Airflow Connection becomes a plain API client."""
