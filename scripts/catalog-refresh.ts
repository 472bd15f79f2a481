import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GoogleApi } from "./catalog-refresh/google-api";
import { RefreshError, readOptions } from "./catalog-refresh/options";
import {
  type PriceReadings,
  readPrices,
  reviseAcceleratorPrices,
  reviseMachinePrices,
} from "./catalog-refresh/prices";
import {
  readAcceleratorZones,
  readMachineTypes,
  readTpuZones,
  type TpuReadings,
} from "./catalog-refresh/readings";
import {
  type Revision,
  reviseAccelerators,
  reviseMachineTypes,
  reviseMachineZones,
} from "./catalog-refresh/revision";

/**
 * `npm run catalog:refresh`: reads the machine types, the accelerators, their zones and prices from Google as the
 * caller sees them, shows what is different in the catalog, and writes it with `--write`.
 */
async function refresh(args: readonly string[]): Promise<void> {
  const { project, token, write, folder, api: base } = readOptions(args, process.env);
  const entriesOf = (file: string) => JSON.parse(readFileSync(join(folder, `${file}.json`), "utf8"));
  const today = new Date().toISOString().slice(0, 10);
  const api = new GoogleApi(token, project, base);

  const machines = await readMachineTypes(api, project);
  const accelerators = await readAcceleratorZones(api, project);
  const noTpus: TpuReadings = { zones: new Map(), unread: new Set() };
  const tpus = await orWithout("TPUs", readTpuZones(api, project), noTpus);
  const prices = await orWithout<PriceReadings>("Prices", readPrices(api), new Map());

  const types = reviseMachineTypes(entriesOf("machine-types"), machines, today);
  const revisions: readonly Revision<object>[] = [
    types,
    reviseMachineZones(entriesOf("machine-zones"), machines, types.entries, today),
    reviseAccelerators(entriesOf("accelerators"), accelerators, tpus, today),
    reviseMachinePrices(entriesOf("machine-prices"), prices, types.entries, today),
    reviseAcceleratorPrices(entriesOf("accelerator-prices"), prices, today),
  ];
  for (const revision of revisions) console.log(describe(revision));
  if (!write) return console.log("Nothing is written without --write");
  for (const { file, entries } of revisions) {
    const path = join(folder, `${file}.json`);
    writeFileSync(path, `${JSON.stringify(entries, undefined, 2)}\n`);
    spawnSync("biome", ["format", "--write", path], { stdio: "ignore" });
  }
  console.log(`Written to ${folder}: review it as you would any change`);
}

/** What a project need not have turned on leaves its part of the catalog as it is. */
async function orWithout<Readings>(
  what: string,
  reading: Promise<Readings>,
  none: Readings,
): Promise<Readings> {
  return reading.catch((error) => {
    if (!(error instanceof RefreshError)) throw error;
    console.error(`${what} are left as they are: ${error.message}`);
    return none;
  });
}

function describe({ file, entries, added, gone, changed }: Revision<object>): string {
  const lines = [
    ...added.map((each) => `  + ${each}`),
    ...gone.map((each) => `  - ${each}: not listed, and left as it is`),
    ...changed.map((each) => `  ~ ${each}`),
  ];
  const summary = lines.length === 0 ? "no difference" : `differences: ${lines.length}`;
  return [`${file}: ${entries.length} entries, ${summary}`, ...lines].join("\n");
}

refresh(process.argv.slice(2)).catch((error) => {
  if (!(error instanceof RefreshError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
});
