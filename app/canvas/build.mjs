// Builds dist/ from src/: `npm ci && npm run build`, or `make canvas` from the repository's root.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { parse } from "smol-toml";

const out = process.argv[2] ?? "dist";
const WASM = "ort-wasm-simd-threaded.wasm";
const { theme } = parse(readFileSync("../.streamlit/config.toml", "utf8"));

/** The app's tokens as custom properties: the one set of colours is the app's configuration. */
function tokens() {
  const names = {
    bg: (mode) => mode.backgroundColor,
    panel: (mode) => mode.secondaryBackgroundColor,
    ink: (mode) => mode.textColor,
    ink2: (mode) => mode.grayTextColor,
    ink3: (mode) => mode.grayColor,
    line: (mode) => mode.borderColor,
    accent: (mode) => mode.primaryColor,
    "accent-soft": (mode) => mode.sidebar.secondaryBackgroundColor,
  };
  return Object.entries(names)
    .map(([name, of]) => `--${name}:light-dark(${of(theme.light)},${of(theme.dark)});`)
    .join("");
}

/** Licences of packages that come without their text. */
const MISSING = { "onnxruntime-web": "licences/onnxruntime.txt", "onnxruntime-common": "licences/onnxruntime.txt" };

/** The licence of every package that something was bundled from. */
function licences(inputs) {
  const roots = new Set(inputs.map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]).filter(Boolean));
  return [...roots].sort().map((root) => {
    const { name, version } = JSON.parse(readFileSync(`${root}/package.json`, "utf8"));
    const file = readdirSync(root).find((each) => /^licen[cs]e/i.test(each));
    const text = readFileSync(file ? `${root}/${file}` : MISSING[name], "utf8").trim();
    return `${name} ${version}\n\n${text}\n`;
  });
}

rmSync(out, { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: ["src/canvas.tsx", "src/worker.ts"],
  outdir: out,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  loader: { ".css": "text" },
  define: { TOKENS: JSON.stringify(tokens()) },
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
});
// Packed once: the canvas unpacks it itself, so any web server will do.
writeFileSync(`${out}/${WASM}.gz`, gzipSync(readFileSync(`node_modules/onnxruntime-web/dist/${WASM}`), { level: 9 }));
const texts = licences(Object.keys(metafile.inputs));
writeFileSync(`${out}/LICENSES.txt`, texts.join(`\n${"-".repeat(80)}\n\n`));

// What it was built from, so that a stale dist/ shows without Node.js.
const own = ["build.mjs", "package.json", "package-lock.json", "tsconfig.json", "../.streamlit/config.toml"];
const below = (folder) => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((each) => each.isFile());
const sources = [...own, ...[...below("src"), ...below("licences")].map((each) => `${each.parentPath}/${each.name}`)];
const digest = (path) => createHash("sha256").update(readFileSync(path)).digest("hex");
const builtFrom = Object.fromEntries(sources.sort().map((path) => [path, digest(path)]));
writeFileSync(`${out}/built-from.json`, JSON.stringify(builtFrom, null, 1) + "\n");
