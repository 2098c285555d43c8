"""The DualAR language model: a slow transformer over time, a fast one over the codebooks of a frame."""
