"""The language of study files: what they say, and the configurations that follow."""
