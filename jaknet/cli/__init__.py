"""The command line: one parser, one file a group of commands."""
