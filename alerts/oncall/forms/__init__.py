"""Forms of the pages and of the admin. They validate by the very action that will store them: there is one set of rules."""
