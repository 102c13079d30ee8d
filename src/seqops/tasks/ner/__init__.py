"""Named entity recognition: raw text to typed character spans."""
