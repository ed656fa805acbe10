"""Blocks of samples: the codec, the merge of several sources and roll-ups. Nothing here reads a clock, a file or a database."""
