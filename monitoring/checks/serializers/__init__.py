"""What the API reads and writes of this room. Writes go through `actions`; secrets go in and never come out."""
