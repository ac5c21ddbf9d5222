"""`python -m mreg`."""

from mreg.cli import main

if __name__ == "__main__":
    main()
