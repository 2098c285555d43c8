"""What the language model and the codec share: small layers, rotary positions, reading weights."""
