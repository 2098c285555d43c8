"""HTTP: OpenAI's routes on top of the engine's handles. Everything here runs on the event loop."""
