"""The report: one HTML file that says in pictures and tables what an archive holds."""
