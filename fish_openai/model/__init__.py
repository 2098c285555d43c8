"""The DualAR language model: a slow transformer over time, a fast one over the codebooks of a frame."""

from fish_openai.waiting import wait_briefly

wait_briefly()
