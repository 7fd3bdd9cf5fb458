"""The migrations themselves, one step a file."""
