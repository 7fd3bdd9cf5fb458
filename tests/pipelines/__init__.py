"""The steps between spider and archive."""
