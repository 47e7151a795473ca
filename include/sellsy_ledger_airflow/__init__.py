"""Where Airflow meets the product: hooks, tasks, triggers, pages."""
