"""Lets `python -m unsplash_assets` be the command `unsplash-assets`."""

from unsplash_assets.cli.main import main

if __name__ == "__main__":
    main()
