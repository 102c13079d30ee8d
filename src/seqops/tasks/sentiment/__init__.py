"""Sentiment classification: raw text in, a label with probabilities out."""
