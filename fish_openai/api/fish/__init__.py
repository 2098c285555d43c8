"""Fish Audio's routes: what its clients call, on the same engine and voices as OpenAI's."""
