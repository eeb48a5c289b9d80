# One image for all of a sweep: its driver, its workers and MLflow's server. On processors:
#
#   docker build -t pareto-search:0.1.0 --build-arg TORCH_INDEX_URL=URL .
#
# and on GPUs:
#
#   docker build -t pareto-search:0.1.0-cuda --build-arg TORCH_INDEX_URL=URL \
#       --build-arg BASE_IMAGE=nvidia/cuda:13.0.1-base-ubuntu24.04 .
#
# URL is the index of PyTorch's builds for processors or for your CUDA, as its installation page
# names them. Without it comes the build that pip finds by itself: on Linux the one for CUDA, some
# gigabytes. It brings its own CUDA libraries, so of NVIDIA's bases the smallest is enough.

ARG PYTHON_IMAGE=python:3.11.14-slim-bookworm
# Debian or Ubuntu, not older than the one of PYTHON_IMAGE
ARG BASE_IMAGE=debian:12.12-slim

FROM ${PYTHON_IMAGE} AS build
ARG TORCH_INDEX_URL=""
ARG EXTRAS="segmentation,s3,postgres,cluster,server"
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /source
COPY constraints.txt pyproject.toml ./
# torch alone and first: its build decides what the rest fits to
RUN python3.11 -m pip install --constraint constraints.txt \
        ${TORCH_INDEX_URL:+--index-url "${TORCH_INDEX_URL}"} torch
# what it depends on has a layer of its own, which a change of the code leaves as it is
RUN python3.11 -c 'import sys, tomllib; \
p = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
lists = [p["dependencies"], *map(p["optional-dependencies"].get, sys.argv[1].split(","))]; \
print(*sum(lists, []), sep="\n")' "${EXTRAS}" > requirements.txt \
    && python3.11 -m pip install --constraint constraints.txt --requirement requirements.txt
COPY . .
RUN python3.11 -m pip install --no-deps . \
    && python3.11 -m pip check \
    && python3.11 -m pip uninstall --yes pip setuptools wheel \
    && cd /usr/local/lib/python3.11 && rm -rf ensurepip idlelib test tkinter turtledemo \
    # a root file system that is only read keeps no bytecode that is made later
    && { python3.11 -m compileall -q . || true; }

FROM ${BASE_IMAGE}
ARG BASE_IMAGE
LABEL org.opencontainers.image.title="pareto-search" \
      org.opencontainers.image.description="Multi-objective hyper-parameter search on Ray" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="${BASE_IMAGE}"
# what Python is linked to; wget, with which KubeRay asks whether a node is well
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
        ca-certificates libbz2-1.0 libffi8 liblzma5 libncursesw6 libreadline8 libsqlite3-0 \
        libssl3 libuuid1 wget zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && { getent group 1000 || groupadd --gid 1000 pareto; } \
    && { getent passwd 1000 || useradd --uid 1000 --gid 1000 --no-create-home pareto; }
# Python itself too, so that every base has the same: Ray refuses nodes of another version.
# /usr/local/bin is on the path of login shells as well, in which KubeRay starts Ray.
COPY --from=build /usr/local /usr/local
RUN ldconfig
# all that is written lies under /tmp, so that the rest can be only read
ENV HOME=/tmp \
    MPLCONFIGDIR=/tmp/matplotlib \
    RAY_TMPDIR=/tmp \
    XDG_CACHE_HOME=/tmp/cache \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MLFLOW_DISABLE_TELEMETRY=true \
    RAY_USAGE_STATS_ENABLED=0
WORKDIR /tmp
USER 1000:1000
ENTRYPOINT ["pareto-search"]
CMD ["--help"]
