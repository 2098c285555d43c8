"""From what people write to what the model reads: tokens, markers, sentences, prompts."""
