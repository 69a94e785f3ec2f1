# The product for servers. Packages come from the lock file alone, with their hashes checked; the process is not root.

FROM python:3.13-slim AS packages
RUN python -m venv /opt/cashback
COPY requirements.lock .
RUN /opt/cashback/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements.lock

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home --home-dir /nonexistent cashback
COPY --from=packages /opt/cashback /opt/cashback
COPY tools/cashback /opt/cashback/bin/cashback
WORKDIR /srv/cashback
COPY eligibility eligibility
COPY issuers issuers
COPY webhooks webhooks
COPY cashback cashback
ENV PATH=/opt/cashback/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONPATH=/srv/cashback \
    PYTHONUNBUFFERED=1
USER cashback
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["cashback", "serve", "--host", "0.0.0.0", "--port", "8000"]
