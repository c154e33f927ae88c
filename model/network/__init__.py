"""The network: encoder, heads."""
