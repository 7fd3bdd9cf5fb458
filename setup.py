"""For scrapyd-deploy, which builds its egg with this file, and writes a wrong one where there is none."""

from setuptools import setup

setup()
