"""Walking a site: which pages to visit, and what came of each. `spiders.reading` reads them."""
