"""Named entities: raw text in, typed character spans out."""
