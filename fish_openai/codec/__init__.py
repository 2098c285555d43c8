"""The DAC audio codec: samples to codes and back, exactly and in pieces of any size."""
