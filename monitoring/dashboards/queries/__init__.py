"""The joined reads of the pages, one module a page."""
