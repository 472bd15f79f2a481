// Plain JavaScript without dependencies: it runs before anything is installed.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

/** The packages of a lockfile by path; npm writes what it installed to one inside node_modules. */
function packages(...path) {
  try {
    return JSON.parse(readFileSync(join(root, ...path), "utf8")).packages;
  } catch (cause) {
    if (cause.code === "ENOENT") return {};
    throw cause;
  }
}

const installed = packages("node_modules", ".package-lock.json");
const missing = Object.entries(packages("package-lock.json")).filter(
  ([path, { version, optional, link }]) =>
    path.startsWith("node_modules/") && !optional && !link && installed[path]?.version !== version,
);

if (missing.length > 0) {
  console.error(`Installing ${missing.length} packages that are missing or of another version ...`);
  const npm = process.env.npm_execpath;
  const [command, prefix] = npm ? [process.execPath, [npm]] : ["npm", []];
  const { status } = spawnSync(command, [...prefix, "ci"], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
  });
  process.exit(status ?? 1);
}
