"""``benchmarks.startup`` as a command, at its smallest."""

from __future__ import annotations

import json
import subprocess
import sys


def test_it_prints_what_was_promised() -> None:
    command = [sys.executable, "-m", "benchmarks.startup", "--repeats", "1", "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    ours, streamlit = said["cases"]
    assert (ours["name"], streamlit["name"], said["repeats"]) == ("loupe", "streamlit", 1)
    assert 0 < ours["import_aecore_s"] < ours["first_screen_s"]
    assert streamlit["first_screen_s"] > 0
