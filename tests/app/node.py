"""Parts of the canvas run in Node.js, without a browser: stand-ins have what a page has."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

CANVAS = Path(__file__).parents[2] / "app" / "canvas"
ESBUILD = CANVAS / "node_modules" / "esbuild" / "bin" / "esbuild"
PAGE = """
const kept = new Map();
globalThis.window = globalThis;
globalThis.location = { href: "http://loupe.test/" };
globalThis.localStorage = {
  getItem: (name) => kept.get(name) ?? null,
  setItem: (name, text) => kept.set(name, text),
};
globalThis.document = new EventTarget();
Object.assign(document, { baseURI: location.href, visibilityState: "visible" });
globalThis.matchMedia = () => Object.assign(new EventTarget(), { matches: true });
globalThis.cancelAnimationFrame = () => {};
globalThis.requestAnimationFrame = () => 0;
globalThis.sockets = [];
globalThis.WebSocket = class {
  static OPEN = 1;
  readyState = 1;
  sent = [];
  constructor() { sockets.push(this); }
  send(text) { this.sent.push(text); }
  close() {}
};
globalThis.later = (ms = 0) => new Promise((done) => setTimeout(done, ms));
"""

needs_node = pytest.mark.skipif(not (shutil.which("node") and ESBUILD.exists()), reason="needs Node.js")


def run(folder: Path, imports: dict[str, str], body: str, **given: Any) -> Any:
    """What ``body``, JavaScript that may wait, returns as JSON.

    Args:
        folder: For the bundle.
        imports: Names, and the modules below ``src`` that export them.
        body: It knows these names, and what ``given`` has.
        given: Anything that JSON knows.
    """
    lines = [f'import {{ {names} }} from "./src/{module}";' for module, names in imports.items()]
    code = "\n".join(
        [*lines, f"const given = {json.dumps(given)};", f"const body = async () => {{ {body} }};"]
    )
    end = "console.log(JSON.stringify(await body()) ?? 'null'); process.exit();"
    bundle = folder / "bundle.mjs"
    subprocess.run(
        [str(ESBUILD), "--bundle", "--format=esm", "--loader=ts", "--loader:.css=text", "--jsx=automatic",
         "--jsx-import-source=preact", "--log-level=error", f"--banner:js={PAGE}", f"--outfile={bundle}"],
        cwd=CANVAS, input=f"{code}\n{end}", text=True, check=True,
    )  # fmt: skip
    said = subprocess.run(["node", str(bundle)], capture_output=True, text=True, timeout=60, check=False)
    assert said.returncode == 0, said.stderr
    return json.loads(said.stdout)
