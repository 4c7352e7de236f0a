"""``python -m aecore.jobs``: the supervisor of ``$AECORE_HOME``."""

import sys

from aecore.errors import UserError
from aecore.jobs.supervisor import Supervisor

try:
    Supervisor().serve()
except UserError as error:
    print(error, file=sys.stderr)
    sys.exit(2)
