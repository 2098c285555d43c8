"""`/v1/realtime`: the part of OpenAI's Realtime protocol that turns text into speech."""
