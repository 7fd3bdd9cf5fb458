"""The roof: settings, scheduler, robots.txt, the command line, the bundled sample site."""
