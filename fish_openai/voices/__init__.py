"""Voices: folders of recordings on disk, and the names that OpenAI's clients ask for."""
