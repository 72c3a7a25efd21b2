// Builds the page into a folder: node build.mjs [FOLDER]. The same sources and
// packages make the same bytes.
import { build } from "esbuild";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, "../page");
mkdirSync(out, { recursive: true });

const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: { workbench: "src/main.js" },
  outdir: out,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "none",
  metafile: true,
});
await build({ absWorkingDir: here, entryPoints: { workbench: "src/style.css" }, outdir: out, minify: true });
for (const file of ["index.html", "icon.svg"]) cpSync(join(here, "src", file), join(out, file));

// What others wrote goes out with its licence.
const packages = new Set();
for (const input of Object.keys(metafile.inputs)) {
  const name = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
  if (name) packages.add(name);
}
const licences = [...packages].sort().map((name) => {
  const { version } = JSON.parse(readFileSync(join(here, "node_modules", name, "package.json")));
  const text = readFileSync(join(here, "node_modules", name, "LICENSE"), "utf8");
  return `${name} ${version}\n\n${text.trim()}\n`;
});
writeFileSync(join(out, "licences.txt"), licences.join("\n----\n\n"));
