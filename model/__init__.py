"""A multitask sentence encoder, trained one trial at a time; knows nothing of sweeps."""
