"""How near a configuration of the engine is to the same checkpoint in float32."""
