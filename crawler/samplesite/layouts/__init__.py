"""The layouts: three ways to build the page of an article."""
