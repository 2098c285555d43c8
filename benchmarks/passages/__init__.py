"""Long texts through a server: whether each is spoken to its end, and how evenly."""
