"""From a page to one call of the archive: normalise, separate boilerplate, persist."""
