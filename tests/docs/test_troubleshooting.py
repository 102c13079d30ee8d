"""Every message that the page of troubleshooting explains is one that the program prints."""

import ast
import re
from pathlib import Path

PROJECT = Path(__file__).parents[2]
PAGE = (PROJECT / "docs" / "troubleshooting.md").read_text("utf-8")


def texts_of(path):
    """Yield the texts of a module; what a text is filled with is a line end."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "\n" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_every_message_is_in_the_program():
    messages = re.findall(r"^\| `(.+?)` \|", PAGE, re.MULTILINE)
    known = [text for path in (PROJECT / "src").rglob("*.py") for text in texts_of(path)]
    assert len(messages) > 15
    unknown = []
    for message in messages:
        pattern = re.compile(re.escape(message.strip("… ")).replace("…", r"\n"))
        if not any(pattern.search(text) for text in known):
            unknown.append(message)
    assert unknown == []


def test_every_question_is_linked_from_a_page_that_a_user_opens_first():
    for page in ("README.md", "docs/index.md", "docs/quickstart.md"):
        text = (PROJECT / page).read_text("utf-8")
        assert "troubleshooting.md" in text and "faq.md" in text, page
