"""Text generation by language models over characters or subwords."""
