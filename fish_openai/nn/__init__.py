"""What the language model and the codec share: small layers, rotary positions, reading weights."""

from fish_openai.waiting import wait_briefly

wait_briefly()
