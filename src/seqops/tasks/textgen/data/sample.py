"""Sample text: the help about the Python language that CPython ships."""

from __future__ import annotations

from pydoc_data.topics import topics


def help_text(max_chars: int) -> str:
    """Join the distinct paragraphs of the topics, up to `max_chars` characters."""
    paragraphs = dict.fromkeys(
        part.strip("\n") for name in sorted(topics) for part in topics[name].split("\n\n") if part.strip()
    )
    kept, size = [], 0
    for paragraph in paragraphs:
        size += len(paragraph) + 2
        if size > max_chars:
            break
        kept.append(paragraph)
    return "\n\n".join(kept) + "\n"
