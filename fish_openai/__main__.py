"""`python -m fish_openai` is `fish-openai`."""

import sys

from fish_openai.cli import main

sys.exit(main())
