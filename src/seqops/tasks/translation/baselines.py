"""Translations without a network."""
def words_of(texts):
    return {w for t in texts for w in t.lower().split()}
