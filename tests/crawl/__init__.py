"""Walking a site: what is asked, how gently, and what becomes of every address."""
