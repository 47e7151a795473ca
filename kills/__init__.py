"""Kill parts of a real installation with ``kill -9`` while it works, then compare every ledger to the cent.

Real Airflow (scheduler, its LocalExecutor tasks, triggerer, API server, DAG processor) and the register run on real
PostgreSQL, beside the sandbox with kept ledgers; several companies are backfilled at once. Victims and moments come
from a seed. Whatever dies is started again after a moment, as a service manager would. At the end everything that was
accounted in Sellsy must be in the tools' ledgers exactly once, as in a run that nobody disturbed.
"""
