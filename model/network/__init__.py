"""The network of a trial: one encoder, a head for each task, and what makes both fast on CPUs."""
