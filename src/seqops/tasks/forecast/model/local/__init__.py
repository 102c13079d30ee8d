"""Methods that are fitted to each series by itself, to many series at a time."""
