"""The roof: settings, scheduler, robots.txt, the command line, the bundled sample site."""

# Here, and not asked of the installed distribution: an egg that scrapyd runs has none that Python would find.
__version__ = "0.1.0"
