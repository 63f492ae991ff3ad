"""`python -m parking`: the command line, also where the `onelot` script is not on the path."""

from parking.cli import main

if __name__ == "__main__":
    main()
