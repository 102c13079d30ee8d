"""What a text thinks of its subject: raw text in, a label with probabilities out."""
