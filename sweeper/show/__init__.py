"""A study and its trials in words, for the terminal."""
