"""What a user would run instead, doing the same work as a trial on the same data."""
