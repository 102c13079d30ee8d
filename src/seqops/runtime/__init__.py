"""The console, the process environment, locks and the journal of decisions."""
