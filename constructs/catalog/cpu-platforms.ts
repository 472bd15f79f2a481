/** What speeds up inference on processors, weakest first for x86; `sve2` is Arm's. */
export const instructionSets = ["avx2", "avx512", "avx512-vnni", "amx", "sve2"] as const;

export type InstructionSet = (typeof instructionSets)[number];

/** Processors of Compute Engine, oldest first within a maker, and what each of them has. */
export const cpuPlatformCatalog = {
  asOf: "2026-11-21",
  source: "https://cloud.google.com/compute/docs/cpu-platforms",
  instructionSets: {
    "Intel Sandy Bridge": [],
    "Intel Ivy Bridge": [],
    "Intel Haswell": ["avx2"],
    "Intel Broadwell": ["avx2"],
    "Intel Skylake": ["avx2", "avx512"],
    "Intel Cascade Lake": ["avx2", "avx512", "avx512-vnni"],
    "Intel Ice Lake": ["avx2", "avx512", "avx512-vnni"],
    "Intel Sapphire Rapids": ["avx2", "avx512", "avx512-vnni", "amx"],
    "Intel Emerald Rapids": ["avx2", "avx512", "avx512-vnni", "amx"],
    "Intel Granite Rapids": ["avx2", "avx512", "avx512-vnni", "amx"],
    "AMD Rome": ["avx2"],
    "AMD Milan": ["avx2"],
    "AMD Genoa": ["avx2", "avx512", "avx512-vnni"],
    "AMD Turin": ["avx2", "avx512", "avx512-vnni"],
    "Ampere Altra": [],
    "Google Axion": ["sve2"],
    "NVIDIA Grace": ["sve2"],
  } as Readonly<Record<string, readonly InstructionSet[]>>,
};

export const cpuPlatforms: readonly string[] = Object.keys(cpuPlatformCatalog.instructionSets);

/**
 * Families that let one choose the oldest processor. The others have only one, or Google takes whichever is free, as
 * for E2.
 */
export const minCpuPlatformFamilies = {
  asOf: "2026-11-21",
  source: "https://cloud.google.com/compute/docs/instances/specify-min-cpu-platform",
  families: ["n1", "n2", "n2d", "c4", "m1"] as readonly string[],
};

/** Families whose processors are Arm's, which run no image that was built for another. */
export const armFamilies = {
  asOf: "2026-11-21",
  source: "https://cloud.google.com/kubernetes-engine/docs/concepts/arm-on-gke",
  families: ["t2a", "c4a", "n4a", "a4x"] as readonly string[],
};

/** Families whose processors run one thread per core whatever is asked. */
export const singleThreadedFamilies = {
  asOf: "2026-11-21",
  source: "https://cloud.google.com/compute/docs/instances/set-threads-per-core",
  families: ["t2d", "t2a", "c4a", "n4a", "h3", "h4d", "a4x"] as readonly string[],
};

/** Whether each of some processors has the instructions. */
export function processorsWith(instructionSet: InstructionSet, platforms: readonly string[]): boolean {
  return platforms.every((platform) =>
    cpuPlatformCatalog.instructionSets[platform]?.includes(instructionSet),
  );
}
