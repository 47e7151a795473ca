"""The local Airflow of `make demo` and `make up`: sandbox, settings, processes, printed result."""
