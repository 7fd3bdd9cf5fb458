"""Commands of `scrapy` inside this project, in place of Scrapy's own of the same name."""
