import type { MachineType } from "../../constructs/catalog/machine-types";
import type { AcceleratorPriceRow, MachinePriceRow, UsdPerHour } from "../../constructs/catalog/prices";
import type { GoogleApi } from "./google-api";
import type { Revision } from "./revision";

/** A thing that Google sells, as its Cloud Billing catalog has it. */
interface Sku {
  readonly description: string;
  readonly category: { readonly usageType: string; readonly resourceGroup: string };
  readonly serviceRegions: readonly string[];
  readonly pricingInfo: readonly {
    readonly pricingExpression: {
      /** Google leaves out what is 0. */
      readonly tieredRates: readonly {
        readonly unitPrice: { readonly units?: string; readonly nanos?: number };
      }[];
    };
  }[];
}

/** USD an hour of a vCPU, a GiB or a GPU, by what it is, by region and by how it is bought. */
export type PriceReadings = ReadonlyMap<string, number>;

type Bought = "OnDemand" | "Preemptible";

/** How the Cloud Billing catalog names the families whose CPUs and memory it sells apart. */
const families: Readonly<Record<string, string>> = {
  a2: "A2 Instance",
  c2: "Compute optimized",
  c3: "C3 Instance",
  c3d: "C3D Instance",
  c4: "C4 Instance",
  c4a: "C4A Arm Instance",
  c4d: "C4D Instance",
  e2: "E2 Instance",
  g2: "G2 Instance",
  g4: "G4 Instance",
  n1: "N1 Predefined Instance",
  n2: "N2 Instance",
  n2d: "N2D AMD Instance",
  n4: "N4 Instance",
  t2a: "T2A Arm Instance",
  t2d: "T2D AMD Instance",
};

const gpus: Readonly<Record<string, string>> = {
  "nvidia-l4": "Nvidia L4 GPU",
  "nvidia-tesla-t4": "Nvidia Tesla T4 GPU",
  "nvidia-tesla-p4": "Nvidia Tesla P4 GPU",
  "nvidia-tesla-p100": "Nvidia Tesla P100 GPU",
  "nvidia-tesla-v100": "Nvidia Tesla V100 GPU",
  "nvidia-tesla-a100": "Nvidia Tesla A100 GPU",
  "nvidia-a100-80gb": "Nvidia Tesla A100 80GB GPU",
  "nvidia-rtx-pro-6000": "RTX 6000 96GB",
};

/** What is priced for those who reserve, commit themselves or wait: no list price, though some of it is "OnDemand". */
const notListed =
  /custom|premium|reserved|commitment|sole tenancy|DWS|calendar mode|defined duration|flex.?start/i;

/** Prices in the Cloud Billing catalog, which is the same for everybody. */
export async function readPrices(api: GoogleApi): Promise<PriceReadings> {
  const path = "v1/services/6F81-5844-456A/skus";
  const pages = await api.list<{ skus?: Sku[] }>("cloudbilling.googleapis.com", path, {
    currencyCode: "USD",
    pageSize: "5000",
  });
  const readings = new Map<string, number>();
  for (const sku of pages.flatMap(({ skus = [] }) => skus)) {
    const what = soldBy(sku.description);
    if (what === undefined || notListed.test(sku.description)) continue;
    const bought = sku.category.usageType;
    const usd = hourly(sku);
    // What is free is on trial, and no list price.
    if (usd > 0) for (const region of sku.serviceRegions) readings.set(`${what} ${region} ${bought}`, usd);
  }
  return readings;
}

function soldBy(description: string): string | undefined {
  const plain = description.replace(/^Spot Preemptible /, "");
  for (const [family, title] of Object.entries(families)) {
    if (plain.startsWith(`${title} Core running`)) return `${family} core`;
    if (plain.startsWith(`${title} Ram running`)) return `${family} ram`;
  }
  return Object.keys(gpus).find((name) => plain.startsWith(`${gpus[name]} running`)) ?? spotGpu(description);
}

/** Spot GPUs are "attached to Spot Preemptible VMs". */
function spotGpu(description: string): string | undefined {
  return Object.keys(gpus).find((name) =>
    description.startsWith(`${gpus[name]} attached to Spot Preemptible VMs`),
  );
}

/** The dearest tier: the others are free amounts. */
function hourly({ pricingInfo }: Sku): number {
  const rates = pricingInfo[0]?.pricingExpression.tieredRates ?? [];
  return Math.max(
    0,
    ...rates.map(({ unitPrice }) => Number(unitPrice.units ?? 0) + (unitPrice.nanos ?? 0) / 1e9),
  );
}

/** The prices of machines in the regions that the catalog has them for. What is not sold by its parts stays as it is. */
export function reviseMachinePrices(
  rows: readonly MachinePriceRow[],
  readings: PriceReadings,
  machines: readonly MachineType[],
  asOf: string,
): Revision<MachinePriceRow> {
  const types = new Map(machines.map((machine) => [machine.name, machine]));
  const priceOf = (name: string, region: string, bought: Bought) => {
    const type = types.get(name);
    if (type === undefined) return undefined;
    const read = (what: string) => readings.get(`${what} ${region} ${bought}`);
    const [core, ram] = [read(`${type.family} core`), read(`${type.family} ram`)];
    const gpu = type.attached === undefined ? 0 : read(type.attached.accelerator);
    if (core === undefined || ram === undefined || gpu === undefined) return undefined;
    return core * type.vcpus + ram * type.memoryGiB + gpu * (type.attached?.count ?? 0);
  };
  return revisePrices("machine-prices", rows, ({ machineType }) => machineType, priceOf, asOf);
}

export function reviseAcceleratorPrices(
  rows: readonly AcceleratorPriceRow[],
  readings: PriceReadings,
  asOf: string,
): Revision<AcceleratorPriceRow> {
  const priceOf = (name: string, region: string, bought: Bought) =>
    readings.get(`${name} ${region} ${bought}`);
  return revisePrices("accelerator-prices", rows, ({ accelerator }) => accelerator, priceOf, asOf);
}

function revisePrices<Row extends { readonly usdPerHour: UsdPerHour }>(
  file: string,
  rows: readonly Row[],
  nameOf: (row: Row) => string,
  priceOf: (name: string, region: string, bought: Bought) => number | undefined,
  asOf: string,
): Revision<Row> {
  const changed: string[] = [];
  const entries = rows.map((row) => {
    const name = nameOf(row);
    let read = 0;
    const usdPerHour = Object.fromEntries(
      Object.entries(row.usdPerHour).map(([region, was]) => {
        const [onDemand, spot] = (["OnDemand", "Preemptible"] as const).map((bought) =>
          priceOf(name, region, bought),
        );
        if (onDemand === undefined) return [region, was];
        read++;
        const readNow = spot === undefined ? [onDemand, ...was.slice(1)] : [onDemand, spot];
        const is = readNow.map((usd = 0) => Math.round(usd * 1e5) / 1e5);
        // Our own sums of rounded parts differ in the fifth digit.
        if (is.some((usd, at) => Math.abs(usd - (was[at] ?? 0)) > 2e-4 * usd))
          changed.push(`${name} in ${region}: ${was.join(" / ")} -> ${is.join(" / ")}`);
        else return [region, was];
        return [region, is];
      }),
    );
    if (read === 0) return row;
    return {
      ...row,
      usdPerHour,
      asOf,
      source: "https://cloud.google.com/billing/docs/reference/rest/v1/services.skus/list",
    };
  });
  return { file, entries, added: [], gone: [], changed };
}
