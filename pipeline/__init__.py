"""One module per stage, the stores and the commands."""
