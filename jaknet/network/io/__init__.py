"""Networks from files and back: readers, formats, writers, public resources."""
