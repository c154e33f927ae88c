"""Everything from the rows of a study to its tables, figures and page."""
