"""What makes the network fast on CPUs."""
