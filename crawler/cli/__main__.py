"""`python -m crawler.cli`: the command line where its script is not on the path."""

from crawler.cli import main

main()
