"""How near a configuration of the engine is to the same checkpoint in float32."""

from fish_openai.waiting import wait_briefly

wait_briefly()
