"""``python -m sellsy_ledger``."""

import sys

from sellsy_ledger.cli import main

if __name__ == "__main__":
    sys.exit(main())
