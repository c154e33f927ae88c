"""Own code: files and modules that register heads, losses, metrics and more beside ours. Imports no torch."""
