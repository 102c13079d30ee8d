"""Invented English-Spanish pairs."""
def sentence_pairs() -> list[tuple[str, str]]:
    """List source and target sentences, the same at every call."""
    return []
