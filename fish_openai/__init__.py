"""An OpenAI-compatible speech server for the Fish Speech family of models."""

__version__ = "0.1.0"
