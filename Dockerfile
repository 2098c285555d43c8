# CPU:  docker build --target cpu -t fish-openai .
#       docker run --rm -p 8000:8000 -v "$PWD/voices:/voices" fish-openai
# CUDA: docker build --target cuda -t fish-openai:cuda .
#       docker run --rm --gpus all -p 8000:8000 -v "$PWD/voices:/voices" fish-openai:cuda
#
# On x86-64 the usual torch carries CUDA's libraries. For a small CPU image, name an index that has
# CPU builds: --build-arg PIP_EXTRA_INDEX_URL=...

ARG PYTHON=3.12

FROM python:${PYTHON}-slim AS build
ARG PIP_EXTRA_INDEX_URL
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY fish_openai fish_openai
RUN python -m venv /opt/fish && \
    /opt/fish/bin/pip install --no-cache-dir --constraint constraints.txt .

FROM python:${PYTHON}-slim AS cpu
RUN useradd --uid 1000 --create-home fish && \
    install --directory --owner fish --group fish /voices /checkpoints
COPY --from=build /opt/fish /opt/fish
ENV PATH=/opt/fish/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    FISH_HOST=0.0.0.0 \
    FISH_VOICES_DIR=/voices \
    FISH_CHECKPOINTS_DIR=/checkpoints
USER 1000
WORKDIR /home/fish
VOLUME ["/voices", "/checkpoints"]
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=120s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/health')"]
ENTRYPOINT ["fish-openai"]
CMD ["serve"]

FROM cpu AS cuda
ENV NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility \
    FISH_DEVICE=cuda
