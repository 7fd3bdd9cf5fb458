"""Other people's programs read what this one wrote."""
