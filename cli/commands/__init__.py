"""One file per command of ``loop``: options in, work called, exit code out. main.py registers them."""
