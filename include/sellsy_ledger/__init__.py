"""Accounted Sellsy documents into the accounting tool: once, to the cent, with proof. Imports no Airflow."""
