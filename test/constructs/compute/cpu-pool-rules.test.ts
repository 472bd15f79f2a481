import {
  cpuPlatformCatalog,
  instructionSets,
  processorsWith,
} from "../../../constructs/catalog/cpu-platforms";
import { machineTypes } from "../../../constructs/catalog/machine-types";
import { checkCombinations } from "../../../constructs/compute/combination-rule";
import { familiesWith } from "../../../constructs/compute/cpu-machine";
import { type CpuPoolRequest, cpuPoolRules } from "../../../constructs/compute/cpu-pool-rules";
import { l4Request } from "../../support/pool-requests";

/** A pool that nothing is wrong with. */
const pool: CpuPoolRequest = {
  ...l4Request({
    kind: "cpu",
    machineType: "c3-standard-8",
    accelerator: undefined,
    perNode: undefined,
    driverVersion: undefined,
    zones: ["europe-west4-b"],
    upgrades: "surge",
  }),
  hugePagesMiB: 0,
};

interface Row {
  readonly id: string;
  readonly refused: Partial<CpuPoolRequest>;
  readonly property: keyof CpuPoolRequest;
  readonly remedy: string;
  readonly passes: Partial<CpuPoolRequest>;
}

const rows: readonly Row[] = [
  {
    id: "cpu-accelerator",
    refused: { machineType: "g2-standard-4" },
    property: "machineType",
    remedy: "g2-standard-4 comes with nvidia-l4: use a GpuNodePool, or a machine without",
    passes: { machineType: "c3-standard-4" },
  },
  {
    id: "cpu-accelerator",
    refused: { machineType: "ct5lp-hightpu-1t" },
    property: "machineType",
    remedy: "ct5lp-hightpu-1t comes with tpu-v5-lite-podslice: use a TpuNodePool, or a machine without",
    passes: { machineType: "e2-standard-4" },
  },
  {
    id: "cpu-machine-known",
    refused: { machineType: "c3-standard-9", instructionSet: "amx" },
    property: "machineType",
    remedy:
      'did you mean "c3-standard-4"? its processors are not known, and so not whether they have amx: use a machine of the catalog, or leave instructionSet out',
    passes: { machineType: "n2-custom-6-8192" },
  },
  {
    id: "cpu-platform-known",
    refused: { machineType: "n1-standard-8", minCpuPlatform: "Intel Skylark" },
    property: "minCpuPlatform",
    remedy: `did you mean "Intel Skylake"? use one of ${Object.keys(cpuPlatformCatalog.instructionSets).join(", ")}`,
    passes: { machineType: "n1-standard-8", minCpuPlatform: "Intel Skylake" },
  },
  {
    id: "cpu-platform-choice",
    refused: { minCpuPlatform: "Intel Sapphire Rapids" },
    property: "minCpuPlatform",
    remedy: "leave it out: c3 runs on Intel Sapphire Rapids alone",
    passes: {},
  },
  {
    id: "cpu-platform-choice",
    refused: { machineType: "e2-standard-4", minCpuPlatform: "AMD Milan" },
    property: "minCpuPlatform",
    remedy: "leave it out: Google chooses the processor of e2; that of n1, n2, n2d, c4, m1 can be chosen",
    passes: { machineType: "n2-custom-6-8192", minCpuPlatform: "Intel Ice Lake" },
  },
  {
    id: "cpu-platform-offered",
    refused: { machineType: "n1-standard-8", minCpuPlatform: "Intel Ice Lake" },
    property: "minCpuPlatform",
    remedy:
      "n1-standard-8 runs on Intel Sandy Bridge, Intel Ivy Bridge, Intel Haswell, Intel Broadwell, Intel Skylake: use one of them",
    passes: { machineType: "n1-standard-8", minCpuPlatform: "Intel Broadwell" },
  },
  {
    id: "cpu-instruction-set",
    refused: { machineType: "n1-standard-8", instructionSet: "avx512" },
    property: "instructionSet",
    remedy:
      'n1-standard-8 may run on Intel Sandy Bridge, Intel Ivy Bridge, Intel Haswell, Intel Broadwell without it: state minCpuPlatform "Intel Skylake"',
    passes: { machineType: "n1-standard-8", instructionSet: "avx512", minCpuPlatform: "Intel Skylake" },
  },
  {
    id: "cpu-instruction-set",
    refused: { machineType: "e2-standard-4", instructionSet: "amx" },
    property: "instructionSet",
    remedy: `e2-standard-4 may run on Intel Haswell, Intel Broadwell, Intel Skylake, AMD Rome, AMD Milan without it: use a machine of ${familiesWith("amx").join(", ")}, which always has it`,
    passes: { machineType: "c3-standard-8", instructionSet: "amx" },
  },
  {
    id: "cpu-threads-per-core",
    refused: { machineType: "c4a-standard-8", threadsPerCore: 1 },
    property: "threadsPerCore",
    remedy: "leave it out: c4a-standard-8 runs one thread per core whatever is asked",
    passes: { threadsPerCore: 1 },
  },
  {
    id: "cpu-huge-pages-whole",
    refused: { hugePagesMiB: 1_025 },
    property: "hugePagesMiB",
    remedy: "use a multiple of 2, which is the size of a page",
    passes: { hugePagesMiB: 1_024 },
  },
  {
    id: "cpu-huge-pages-share",
    refused: { hugePagesMiB: 26_216 },
    property: "hugePagesMiB",
    remedy: "c3-standard-8 has 32 GiB, of which huge pages may take 26214 MiB",
    passes: { hugePagesMiB: 26_214 },
  },
  {
    id: "cpu-huge-pages-share",
    refused: { machineType: "c3-standard-4", hugePagesMiB: 9_832 },
    property: "hugePagesMiB",
    remedy: "c3-standard-4 has 16 GiB, of which huge pages may take 9830 MiB",
    passes: { machineType: "c3-standard-4", hugePagesMiB: 9_830 },
  },
];

describe("the table of what a pool for inference on processors cannot combine", () => {
  test("is tested row by row", () => {
    expect([...new Set(rows.map(({ id }) => id))]).toEqual(cpuPoolRules.map(({ id }) => id));
  });

  test("names a source for each row", () => {
    expect(cpuPoolRules.map(({ source }) => source)).toEqual(
      cpuPoolRules.map(() => expect.stringMatching(/^https:\/\/cloud\.google\.com\//)),
    );
  });

  test.each(rows.map((row) => [row.id, row.refused.machineType, row] as const))(
    "refuses, and says what to do: %s, %s",
    (_id, _machine, row) => {
      const request = { ...pool, ...row.refused };
      expect(checkCombinations(cpuPoolRules, request)).toEqual([
        { property: row.property, received: request[row.property], remedy: row.remedy },
      ]);
    },
  );

  test.each(rows.map((row) => [row.id, row.passes.machineType, row] as const))(
    "lets what is right pass: %s, %s",
    (_id, _machine, row) => {
      expect(checkCombinations(cpuPoolRules, { ...pool, ...row.passes })).toEqual([]);
    },
  );
});

describe("the instructions of a machine", () => {
  test.each(
    machineTypes()
      .filter(({ cpuPlatforms }) => cpuPlatforms.length > 0)
      .map((machine) => [machine.name, machine] as const),
  )("are those that all its processors have: %s", (_, machine) => {
    expect([...machine.instructionSets].sort()).toEqual(
      instructionSets.filter((one) => processorsWith(one, machine.cpuPlatforms)).sort(),
    );
  });
});
