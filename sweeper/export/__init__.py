"""What is handed on: models, and all trials in one file."""
