"""A summary site that is built in every way otherwise than the sample site, and whose profile is a file."""
