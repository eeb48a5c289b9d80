"""``python -m trainables`` is the command `trainables`."""

from trainables.cli import main

if __name__ == "__main__":
    main()
