"""Forms of the admin. They validate by trying the very action that will store them: there is one set of rules."""
