"""``python -m sweeper``."""

from .cli import main

if __name__ == "__main__":
    main()
