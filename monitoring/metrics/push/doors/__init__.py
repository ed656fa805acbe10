"""The addresses to which samples are pushed."""
