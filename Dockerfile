# The package on Airflow's official image: same pinned tree as `make install`, no secret inside.
ARG AIRFLOW_IMAGE=apache/airflow:3.3.2-python3.12
FROM ${AIRFLOW_IMAGE}

USER airflow
WORKDIR /opt/sellsy-ledger
COPY --chown=airflow:root requirements.txt requirements.in pyproject.toml README.md ./
RUN pip install --no-cache-dir -r requirements.txt
COPY --chown=airflow:root include ./include
RUN pip install --no-cache-dir --no-deps .
COPY --chown=airflow:root dags /opt/airflow/dags
COPY --chown=airflow:root plugins /opt/airflow/plugins
WORKDIR /opt/airflow
