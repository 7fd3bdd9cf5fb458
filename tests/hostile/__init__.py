"""A site that means harm: where connections go, what answers may cost, and what the archive makes of it."""
