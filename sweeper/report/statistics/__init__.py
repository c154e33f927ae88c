"""How exactly a score is known, and whether one arm is better than another. Pure."""
