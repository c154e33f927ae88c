"""The database: what happened."""
