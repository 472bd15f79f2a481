import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  acceleratorFacts,
  acceleratorNames,
  acceleratorPrices,
  acceleratorQuotaCatalog,
  chipsOf,
  type Dated,
  machinePrices,
  machineType,
  machineTypes,
  machineZones,
  regions,
  tpuGenerations,
  zonesOf,
  zonesOfMachine,
} from "../../../constructs";
import { provisioningsOf } from "../../../constructs/catalog/node-pools";
import { regionLocationCatalog } from "../../../constructs/catalog/region-locations";
import { tpuRegionZones } from "../../../constructs/catalog/regions";

const folder = join(__dirname, "../../../constructs/catalog/data");
const files = readdirSync(folder).map((file) => file.replace(/\.json$/, ""));
const entriesOf = (file: string): Dated[] => JSON.parse(readFileSync(join(folder, `${file}.json`), "utf8"));

const allZones = new Set([...regions.flatMap(zonesOf), ...tpuRegionZones]);
const regionOf = (zone: string) => zone.replace(/-[^-]+$/, "");
const repeated = (values: readonly string[]) => values.filter((value, at) => values.indexOf(value) !== at);

describe.each(files)("the catalog's file of %s", (file) => {
  test("says of every entry where it was read and when", () => {
    const entries = entriesOf(file);
    expect(entries.length).toBeGreaterThan(0);
    for (const { asOf, source } of entries) {
      expect(asOf).toMatch(/^20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/);
      expect(new Date(`${asOf}T00:00:00Z`).getTime()).not.toBeNaN();
      expect(source).toMatch(/^https:\/\/[a-z0-9.-]+\/\S+$/);
    }
  });

  test("is small enough to be read during a synthesis", () => {
    expect(statSync(join(folder, `${file}.json`)).size).toBeLessThan(200_000);
  });
});

describe("the catalog", () => {
  test("is not read by importing the constructs, and by synthesis only when it is asked", () => {
    const script = `
      const { readFileSync } = require("node:fs");
      const read = [];
      require("node:fs").readFileSync = (file, ...rest) => {
        if (String(file).includes("catalog/data/")) read.push(require("node:path").basename(String(file)));
        return readFileSync(file, ...rest);
      };
      require("node:module").syncBuiltinESMExports();
      const { acceleratorFacts, machinePrice } = require("./constructs/index.ts");
      const imported = [...read];
      acceleratorFacts("nvidia-l4");
      acceleratorFacts("nvidia-b200");
      console.log(JSON.stringify({ imported, read }));`;
    const output = execFileSync("node", ["--import", "tsx", "--eval", script], {
      cwd: join(__dirname, "../../.."),
      encoding: "utf8",
    });
    expect(JSON.parse(output)).toEqual({ imported: [], read: ["accelerators.json"] });
  });

  test("is read once, however often it is asked", () => {
    expect(machineType("g2-standard-96")).toBeDefined();
    expect(machineType("g2-standard-96")).toBe(machineType("g2-standard-96"));
    expect(acceleratorFacts("nvidia-l4")).toBe(acceleratorFacts("nvidia-l4"));
  });

  test("knows where every region is", () => {
    const located = Object.keys(regionLocationCatalog.coordinates);
    expect([...located].sort()).toEqual([...regions, ...tpuRegionZones.map(regionOf)].sort());
  });
});

describe("accelerators", () => {
  test("are all described, each once", () => {
    const names = entriesOf("accelerators").map((entry) => (entry as Dated & { name: string }).name);
    expect([...names].sort()).toEqual([...acceleratorNames].sort());
    expect(repeated(names)).toEqual([]);
  });

  test.each(acceleratorNames)("%s has memory, speed, and zones that exist", (name) => {
    const { memoryGiB, memoryGBps, denseTflops, migProfiles, zones } = acceleratorFacts(name);
    expect(memoryGiB).toBeGreaterThanOrEqual(8);
    expect(memoryGBps).toBeGreaterThan(100);
    expect(Object.values(denseTflops).length).toBeGreaterThan(0);
    for (const tflops of Object.values(denseTflops)) expect(tflops).toBeGreaterThan(0);
    // NVIDIA rounds in the names of the parts.
    for (const { perGpu, memoryGiB: part } of migProfiles)
      expect(part * perGpu).toBeLessThanOrEqual(memoryGiB * 1.02);
    expect(zones.length).toBeGreaterThan(0);
    expect(zones.filter((zone) => !allZones.has(zone))).toEqual([]);
    expect(repeated(zones)).toEqual([]);
  });

  test.each(acceleratorNames)("%s is no slower in fewer bits", (name) => {
    const { fp32, tf32, bf16, fp16, fp8, fp4 } = acceleratorFacts(name).denseTflops;
    const known = [fp32, tf32, bf16 ?? fp16, fp8, fp4].filter((tflops) => tflops !== undefined);
    expect(known).toEqual([...known].sort((one, other) => one - other));
  });

  test("names each part of a MIG by its memory, and cuts no other GPU", () => {
    const parts = acceleratorNames.flatMap((name) => acceleratorFacts(name).migProfiles);
    for (const { name, memoryGiB } of parts) expect(name).toMatch(new RegExp(`^[1-7]g\\.${memoryGiB}gb$`));
    const cut = acceleratorNames.filter((name) => acceleratorFacts(name).migProfiles.length > 0);
    expect(cut).toEqual([
      "nvidia-tesla-a100",
      "nvidia-a100-80gb",
      "nvidia-h100-80gb",
      "nvidia-h100-mega-80gb",
      "nvidia-h200-141gb",
      "nvidia-b200",
      "nvidia-gb200",
      "nvidia-rtx-pro-6000",
    ]);
  });

  test("have a quota each, but for those that are had by reservation and those without a region of their own", () => {
    const counted = Object.keys(acceleratorQuotaCatalog.accelerators);
    expect(acceleratorNames.filter((name) => !counted.includes(name))).toEqual([
      "nvidia-gb200",
      "tpu-v4-podslice",
    ]);
    const known: readonly string[] = acceleratorNames;
    expect(counted.filter((name) => !known.includes(name))).toEqual(["tpu7x", "all-gpus"]);
  });
});

describe("machine types", () => {
  test("are named once", () => {
    expect(repeated(machineTypes().map(({ name }) => name))).toEqual([]);
  });

  test.each(machineTypes().map((type) => [type.name, type] as const))("%s is whole", (name, type) => {
    expect(name.split("-")[0]).toBe(type.family);
    expect(type.vcpus).toBeGreaterThan(0);
    expect(type.memoryGiB).toBeGreaterThan(0);
    expect(type.egressGbps).toBeGreaterThan(0);
    const vcpusInName = /-(?:standard|highmem|highcpu)-(\d+)(?:-lssd)?$/.exec(name)?.[1];
    if (vcpusInName !== undefined) expect(type.vcpus).toBe(Number(vcpusInName));
    const acceleratorsInName = /-(\d+)[gt](?:-nolssd)?$/.exec(name)?.[1];
    if (acceleratorsInName !== undefined) expect(type.attached?.count).toBe(Number(acceleratorsInName));
    if (type.attached !== undefined) expect(acceleratorNames).toContain(type.attached.accelerator);
    for (const { accelerator, counts } of type.attachable) {
      expect(acceleratorNames).toContain(accelerator);
      expect(counts).toEqual([...counts].sort((one, other) => one - other));
    }
    const { choices, bundled } = type.localSsds;
    expect(choices.length === 0 || bundled === 0).toBe(true);
    if (name.endsWith("-lssd")) expect(bundled).toBeGreaterThan(0);
    if (name.endsWith("-nolssd")) expect(bundled + choices.length).toBe(0);
    if (type.architecture === "arm") expect(type.instructionSets).not.toContain("avx2");
    if (type.architecture === "x86") expect(type.instructionSets).not.toContain("sve2");
  });

  test.each(machineTypes().map((type) => [type.name, type] as const))(
    "%s is offered somewhere",
    (_, type) => {
      expect(zonesOfMachine(type).length).toBeGreaterThan(0);
    },
  );

  test("are offered in zones that exist, listed once for each family or part of one", () => {
    expect(repeated(machineZones().map(({ family }) => family))).toEqual([]);
    for (const { zones } of machineZones()) {
      expect(zones.filter((zone) => !allZones.has(zone))).toEqual([]);
      expect(repeated(zones)).toEqual([]);
    }
  });

  test("reach every zone of every accelerator", () => {
    for (const name of acceleratorNames) {
      const reached = new Set(
        machineTypes()
          .filter((type) => [type.attached, ...type.attachable].some((each) => each?.accelerator === name))
          .flatMap(zonesOfMachine),
      );
      expect([name, acceleratorFacts(name).zones.filter((zone) => !reached.has(zone))]).toEqual([
        name,
        expect.anything(),
      ]);
      expect(acceleratorFacts(name).zones.some((zone) => reached.has(zone))).toBe(true);
    }
  });

  test("tell the parts of a family apart that are not offered in the same zones", () => {
    const zones = (name: string) => {
      const type = machineType(name);
      return type === undefined ? [] : zonesOfMachine(type);
    };
    expect(zones("a3-edgegpu-8g")).toContain("europe-west9-c");
    expect(zones("a3-highgpu-8g")).not.toContain("europe-west9-c");
    expect(zones("a3-edgegpu-8g-nolssd")).toEqual(zones("a3-edgegpu-8g"));
    expect(zones("c3-standard-4")).toContain("europe-west9-a");
    expect(zones("c3-standard-4-lssd")).not.toContain("europe-west9-a");
  });
});

describe("TPU slices", () => {
  const machines = tpuGenerations().flatMap(({ accelerator, dimensions, machines: made }) =>
    made.map((machine) => ({ accelerator, dimensions, ...machine })),
  );

  test("are made of machines that the catalog has, with as many chips", () => {
    for (const { accelerator, machineType: name, chips } of machines)
      expect(machineType(name)?.attached).toEqual({ accelerator, count: chips });
    const tpus = machineTypes().filter(({ name }) => name.startsWith("ct"));
    expect(machines.map(({ machineType: name }) => name).sort()).toEqual(tpus.map(({ name }) => name).sort());
  });

  const shapes = machines.flatMap((machine) => [
    ...machine.singleHost.map((topology) => ({ ...machine, topology, hosts: 1 })),
    ...machine.multiHost.map((topology) => ({ ...machine, topology, hosts: undefined })),
  ]);

  test.each(shapes.map((shape) => [shape.machineType, shape.topology, shape] as const))(
    "%s makes up %s",
    (_, topology, { chips, dimensions, hosts }) => {
      expect(topology.split("x")).toHaveLength(dimensions);
      const all = chipsOf(topology) ?? 0;
      expect(all % chips).toBe(0);
      if (hosts === undefined) expect(all / chips).toBeGreaterThan(1);
      else expect(all / chips).toBe(hosts);
    },
  );

  test("come in every shape once per machine", () => {
    for (const { singleHost, multiHost } of machines)
      expect(repeated([...singleHost, ...multiHost])).toEqual([]);
  });
});

describe("prices", () => {
  test("are of machines and regions that the catalog has, where the machine is offered", () => {
    for (const { machineType: name, region } of machinePrices()) {
      const type = machineType(name);
      expect([name, type === undefined ? [] : zonesOfMachine(type).map(regionOf)]).toEqual([
        name,
        expect.arrayContaining([region]),
      ]);
    }
  });

  test("are known of every accelerator but two, of which no machine is to be had on demand", () => {
    const priced = new Set([
      ...acceleratorPrices().map(({ accelerator }) => accelerator),
      ...machinePrices().map((price) => machineType(price.machineType)?.attached?.accelerator),
    ]);
    const unpriced = acceleratorNames.filter((name) => !priced.has(name));
    expect(unpriced).toEqual(["nvidia-b200", "nvidia-gb200"]);
    const machines = machineTypes().filter(({ attached }) =>
      unpriced.some((name) => name === attached?.accelerator),
    );
    expect(machines.filter(({ name }) => provisioningsOf(name).includes("on-demand"))).toEqual([]);
  });

  test("are positive, and lower for Spot", () => {
    for (const price of [...machinePrices(), ...acceleratorPrices()]) {
      expect(price.onDemandUsdPerHour).toBeGreaterThan(0);
      if (price.spotUsdPerHour === undefined) continue;
      expect(price.spotUsdPerHour).toBeGreaterThan(0);
      expect(price.spotUsdPerHour).toBeLessThan(price.onDemandUsdPerHour);
    }
  });

  test("rise with the size within a family, in every region", () => {
    const perVcpu = new Map<string, number[]>();
    for (const { machineType: name, region, onDemandUsdPerHour } of machinePrices()) {
      const type = machineType(name);
      const kind = name.split("-", 2).join("-");
      if (type === undefined || kind === "g2-standard") continue;
      const key = `${kind} ${region}`;
      perVcpu.set(key, [
        ...(perVcpu.get(key) ?? []),
        onDemandUsdPerHour / (type.attached?.count ?? type.vcpus),
      ]);
    }
    for (const [key, each] of perVcpu)
      expect([key, Math.max(...each) / Math.min(...each)]).toEqual([key, expect.closeTo(1, 3)]);
  });

  test("of added accelerators are of such as machines take, in regions that offer them", () => {
    const added = new Set(
      machineTypes().flatMap(({ attachable }) => attachable.map((each) => each.accelerator)),
    );
    expect([...new Set(acceleratorPrices().map(({ accelerator }) => accelerator))].sort()).toEqual(
      [...added].sort(),
    );
    for (const { accelerator, region } of acceleratorPrices())
      expect(acceleratorFacts(accelerator).zones.map(regionOf)).toContain(region);
  });
});
