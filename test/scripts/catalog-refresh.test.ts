import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const root = join(__dirname, "../..");
const data = join(root, "constructs/catalog/data");
const entriesOf = (folder: string, file: string) =>
  JSON.parse(readFileSync(join(folder, `${file}.json`), "utf8"));

/** A machine type as Compute Engine's API writes it. */
function machine(
  zone: string,
  name: string,
  guestCpus: number,
  memoryMb: number,
  accelerator?: [string, number],
) {
  return {
    kind: "compute#machineType",
    id: "801016",
    creationTimestamp: "1969-12-31T16:00:00.000-08:00",
    name,
    guestCpus,
    memoryMb,
    imageSpaceGb: 0,
    maximumPersistentDisks: 128,
    maximumPersistentDisksSizeGb: "263168",
    zone,
    selfLink: `https://www.googleapis.com/compute/v1/projects/acme/zones/${zone}/machineTypes/${name}`,
    isSharedCpu: false,
    architecture: "X86_64",
    ...(accelerator && {
      accelerators: [{ guestAcceleratorType: accelerator[0], guestAcceleratorCount: accelerator[1] }],
    }),
  };
}

const noResults = {
  warning: { code: "NO_RESULTS_ON_PAGE", message: "There are no results for scope on this page." },
};

/** Something sold, as the Cloud Billing catalog writes it. */
function sku(description: string, resourceGroup: string, usageType: string, nanos: number) {
  return {
    skuId: "0000-0000-0000",
    description,
    category: { serviceDisplayName: "Compute Engine", resourceFamily: "Compute", resourceGroup, usageType },
    serviceRegions: ["europe-west4"],
    pricingInfo: [
      {
        pricingExpression: {
          usageUnit: "h",
          tieredRates: [{ startUsageAmount: 0, unitPrice: { currencyCode: "USD", units: "0", nanos } }],
        },
      },
    ],
  };
}

/** What the APIs answer, by path and page. */
type Recording = Record<string, unknown>;

const compute = "/compute.googleapis.com/compute/v1/projects/acme/aggregated";
const tpu = "/tpu.googleapis.com/v2/projects/acme/locations";

const billing = "/cloudbilling.googleapis.com/v1/services/6F81-5844-456A/skus";

const recording: Recording = {
  [`${compute}/machineTypes`]: {
    kind: "compute#machineTypeAggregatedList",
    items: {
      "zones/us-central1-a": {
        machineTypes: [
          machine("us-central1-a", "g2-standard-4", 4, 16_384, ["nvidia-l4", 1]),
          machine("us-central1-a", "g2-standard-64", 64, 262_144, ["nvidia-l4", 4]),
          machine("us-central1-a", "z9-standard-4", 4, 16_384),
        ],
      },
      "zones/africa-south1-a": noResults,
    },
    nextPageToken: "second",
  },
  [`${compute}/machineTypes?second`]: {
    items: {
      "zones/europe-west4-a": {
        machineTypes: [
          machine("europe-west4-a", "g2-standard-4", 4, 16_384, ["nvidia-l4", 1]),
          machine("europe-west4-a", "g2-standard-8", 8, 65_536, ["nvidia-l4", 1]),
          machine("europe-west4-a", "ct5lp-hightpu-4t", 112, 196_608, ["ct5lp", 4]),
        ],
      },
      "zones/us-south1-ai1b": { machineTypes: [machine("us-south1-ai1b", "g2-standard-4", 4, 16_384)] },
    },
  },
  [`${compute}/acceleratorTypes`]: {
    items: {
      "zones/us-central1-a": { acceleratorTypes: [{ name: "nvidia-l4", maximumCardsPerInstance: 8 }] },
      "zones/europe-west4-a": {
        acceleratorTypes: [{ name: "nvidia-l4" }, { name: "nvidia-l4-vws" }, { name: "nvidia-tesla-t4" }],
      },
    },
  },
  [billing]: {
    skus: [
      sku("G2 Instance Core running in Netherlands", "CPU", "OnDemand", 26_265_000),
      sku("G2 Instance Ram running in Netherlands", "RAM", "OnDemand", 3_077_000),
      sku("Nvidia L4 GPU running in Netherlands", "GPU", "OnDemand", 700_000_000),
      sku("Spot Preemptible G2 Instance Core running in Netherlands", "CPU", "Preemptible", 10_000_000),
    ],
    nextPageToken: "second",
  },
  [`${billing}?second`]: {
    skus: [
      sku("Spot Preemptible G2 Instance Ram running in Netherlands", "RAM", "Preemptible", 1_000_000),
      sku(
        "Nvidia L4 GPU attached to Spot Preemptible VMs running in Netherlands",
        "GPU",
        "Preemptible",
        200_000_000,
      ),
      sku("Nvidia L4 GPU running in Netherlands for DWS Defined Duration", "GPU", "OnDemand", 350_000_000),
      sku("G2 Instance Core running in Netherlands Sole Tenancy", "CPU", "OnDemand", 99_000_000),
      sku("Nvidia Tesla T4 GPU running in Netherlands", "GPU", "OnDemand", 367_500_000),
    ],
    nextPageToken: "",
  },
  [tpu]: {
    locations: [
      { name: "projects/acme/locations/europe-west4-b", locationId: "europe-west4-b" },
      { name: "projects/acme/locations/us-west4-a", locationId: "us-west4-a" },
    ],
  },
  [`${tpu}/europe-west4-b/acceleratorTypes`]: {
    acceleratorTypes: [{ name: "projects/acme/...", type: "v5litepod-4" }],
    nextPageToken: "second",
  },
  [`${tpu}/europe-west4-b/acceleratorTypes?second`]: { acceleratorTypes: [{ type: "v5p-8" }] },
  [`${tpu}/us-west4-a/acceleratorTypes`]: {
    error: { code: 404, message: "Location us-west4-a is not found" },
  },
};

describe("npm run catalog:refresh", () => {
  const folder = mkdtempSync(join(tmpdir(), "plinth-catalog-"));
  const requests: IncomingMessage[] = [];
  let answers = recording;
  let server: Server;

  beforeAll((done) => {
    server = createServer((request, response) => {
      requests.push(request);
      const { pathname, searchParams } = new URL(request.url ?? "", "http://localhost");
      const page = searchParams.get("pageToken");
      const answer = answers[page === null ? pathname : `${pathname}?${page}`] ?? {
        error: { code: 404, message: `No ${pathname}` },
      };
      const status = (answer as { error?: { code: number } }).error?.code ?? 200;
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
    }).listen(0, "127.0.0.1", done);
  });

  beforeEach(() => {
    requests.length = 0;
    answers = recording;
    cpSync(data, folder, { recursive: true });
    for (const [file, names] of [
      ["machine-types", ["g2-standard-4", "g2-standard-8", "g2-standard-96", "ct5lp-hightpu-4t"]],
      ["machine-zones", ["g2", "ct5lp"]],
      ["accelerators", ["nvidia-l4", "tpu-v5-lite-podslice", "nvidia-b200"]],
    ] as const) {
      const kept = entriesOf(data, file).filter((entry: { name?: string; family: string }) =>
        (names as readonly string[]).includes(entry.name ?? entry.family),
      );
      writeFileSync(join(folder, `${file}.json`), JSON.stringify(kept));
    }
  });

  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  async function refresh(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const { port } = server.address() as AddressInfo;
    const bin = join(root, "node_modules/.bin");
    const child = spawn(
      join(bin, "tsx"),
      [
        join(root, "scripts/catalog-refresh.ts"),
        "--folder",
        folder,
        "--api",
        `http://127.0.0.1:${port}`,
        ...args,
      ],
      {
        cwd: root,
        env: {
          PATH: [bin, process.env.PATH].join(delimiter),
          GOOGLE_OAUTH_ACCESS_TOKEN: "ya29.secret",
          GOOGLE_PROJECT: "acme",
          ...env,
        },
      },
    );
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
    const status = await new Promise((done) => child.on("close", done));
    return { status, output };
  }

  test("shows what is different, page by page of each list, and writes nothing", async () => {
    const before = entriesOf(folder, "machine-types");
    const { status, output } = await refresh([]);
    expect(output).toContain("machine-types: 5 entries, differences: 3\n  + g2-standard-64\n");
    expect(output).toContain("  - g2-standard-96: not listed, and left as it is\n");
    expect(output).toContain("  ~ g2-standard-8: memoryGiB 32 -> 64\n");
    expect(output).toMatch(/ {2}~ g2: .*-europe-west4-b/);
    expect(output).toMatch(/ {2}~ ct5lp: \+europe-west4-a .*-europe-west4-b/);
    expect(output).toMatch(/ {2}~ tpu-v5-lite-podslice: .*-us-west1-c/);
    expect(output).not.toMatch(/~ tpu-v5-lite-podslice: .*-us-west4-a/);
    expect(output).toContain("  ~ g2-standard-4 in europe-west4: 0.74233 / 0.3153 -> 0.85429 / 0.256\n");
    expect(output).toContain("accelerator-prices: 4 entries, no difference");
    expect(output).not.toMatch(/z9|ai1b|nvidia-b200|vws/);
    expect(output).toContain("Nothing is written without --write");
    expect(status).toBe(0);
    expect(entriesOf(folder, "machine-types")).toEqual(before);
  });

  test("asks with the caller's credentials, for the caller's project", async () => {
    await refresh(["--project", "acme"], { GOOGLE_PROJECT: "" });
    expect(requests.length).toBeGreaterThan(6);
    for (const { headers } of requests) {
      expect(headers.authorization).toBe("Bearer ya29.secret");
      expect(headers["x-goog-user-project"]).toBe("acme");
    }
  });

  test("writes what is different with today's date, and keeps what it could not read", async () => {
    const today = new Date().toISOString().slice(0, 10);
    const { status, output } = await refresh(["--write"]);
    expect(output).toContain("review it as you would any change");
    expect(status).toBe(0);

    const types = new Map(
      entriesOf(folder, "machine-types").map((entry: { name: string }) => [entry.name, entry]),
    );
    const original = entriesOf(data, "machine-types");
    const was = (name: string) => original.find((entry: { name: string }) => entry.name === name);
    expect(types.get("g2-standard-8")).toEqual({ ...was("g2-standard-8"), memoryGiB: 64, asOf: today });
    expect(types.get("g2-standard-64")).toMatchObject({
      family: "g2",
      vcpus: 64,
      memoryGiB: 256,
      attached: { accelerator: "nvidia-l4", count: 4 },
      egressGbps: 16,
      asOf: today,
    });
    expect(types.get("ct5lp-hightpu-4t")).toEqual({ ...was("ct5lp-hightpu-4t"), asOf: today });
    expect(types.get("g2-standard-96")).toEqual(was("g2-standard-96"));

    const prices = new Map(
      entriesOf(folder, "machine-prices").map((entry: { machineType: string }) => [entry.machineType, entry]),
    );
    expect(prices.get("g2-standard-4")).toMatchObject({
      usdPerHour: { "europe-west4": [0.85429, 0.256], "us-central1": [0.70683, 0.28184] },
      asOf: today,
    });
    expect(prices.get("e2-standard-4")).toEqual(
      entriesOf(data, "machine-prices").find(
        (entry: { machineType: string }) => entry.machineType === "e2-standard-4",
      ),
    );

    const accelerators = entriesOf(folder, "accelerators");
    expect(accelerators.map(({ name, zones }: { name: string; zones: string[] }) => [name, zones])).toEqual([
      ["nvidia-l4", ["europe-west4-a", "us-central1-a"]],
      [
        "nvidia-b200",
        entriesOf(data, "accelerators").find(({ name }: { name: string }) => name === "nvidia-b200").zones,
      ],
      // One zone did not answer, and is kept.
      ["tpu-v5-lite-podslice", ["europe-west4-b", "us-west4-a"]],
    ]);
    expect(entriesOf(folder, "machine-zones")).toContainEqual({
      family: "g2",
      zones: ["europe-west4-a", "us-central1-a"],
      asOf: today,
      source: "https://cloud.google.com/compute/docs/reference/rest/v1/machineTypes/aggregatedList",
    });
  });

  test("finds no difference in what it has written", async () => {
    await refresh(["--write"]);
    const { output } = await refresh([]);
    expect(output).toContain("machine-types: 5 entries, differences: 1\n  - g2-standard-96");
    expect(output).toContain("machine-zones: 2 entries, no difference");
    expect(output).toContain("accelerators: 3 entries, no difference");
  });

  test("leaves TPUs as they are where their API is off, and says so", async () => {
    const message = "Cloud TPU API has not been used in project acme before or it is disabled.";
    answers = { ...recording, [tpu]: { error: { code: 403, message, status: "PERMISSION_DENIED" } } };
    const { status, output } = await refresh([]);
    expect(output).toContain(`TPUs are left as they are: tpu.googleapis.com answered 403: ${message}`);
    expect(output).not.toContain("~ tpu-v5-lite-podslice");
    expect(status).toBe(0);
  });

  test("leaves prices as they are where the Cloud Billing API is off, and says so", async () => {
    answers = {
      ...recording,
      [billing]: { error: { code: 403, message: "Cloud Billing API is disabled." } },
    };
    const { status, output } = await refresh([]);
    expect(output).toContain("Prices are left as they are: cloudbilling.googleapis.com answered 403");
    expect(output).toMatch(/machine-prices: \d+ entries, no difference/);
    expect(status).toBe(0);
  });

  test("asks the TPU API again for a zone that it answers with nothing", async () => {
    answers = { ...recording, [`${tpu}/us-west4-a/acceleratorTypes`]: {} };
    await refresh([]);
    const path = `${tpu}/us-west4-a/acceleratorTypes`;
    expect(requests.filter(({ url }) => url?.startsWith(path))).toHaveLength(3);
  });

  test.each<[string, object]>([
    ["a zone", { items: { "zones/us-central1-a": { warning: { code: "UNREACHABLE" } } } }],
    ["a region of zones", { unreachables: ["zones/us-central1-a"] }],
  ])("strikes nothing where Compute Engine cannot read %s", async (_, page) => {
    answers = { ...recording, [`${compute}/machineTypes?second`]: page };
    const { status, output } = await refresh(["--write"]);
    expect(output.trim()).toBe("Compute Engine could not read zones/us-central1-a: try again later");
    expect(status).toBe(1);
    expect(entriesOf(folder, "machine-zones")[0].zones.length).toBeGreaterThan(1);
  });

  test("takes no price from what is free, nor from what has no parts of a dollar", async () => {
    const free = sku("Nvidia Tesla T4 GPU running in Netherlands", "GPU", "OnDemand", 0);
    const dear = sku("Nvidia Tesla V100 GPU running in Netherlands", "GPU", "OnDemand", 0);
    dear.pricingInfo[0].pricingExpression.tieredRates = [
      { startUsageAmount: 0, unitPrice: { currencyCode: "USD", units: "3" } as never },
    ];
    answers = { ...recording, [`${billing}?second`]: { skus: [free, dear] } };
    const { output } = await refresh([]);
    expect(output).toContain("  ~ nvidia-tesla-v100 in europe-west4: 2.604 / 1.0443 -> 3 / 1.0443\n");
    expect(output).not.toContain("nvidia-tesla-t4 in");
  });

  test("fails with Google's words where the caller may not read", async () => {
    const message = "Required 'compute.machineTypes.list' permission for 'projects/acme'";
    answers = { [`${compute}/machineTypes`]: { error: { code: 403, message } } };
    const { status, output } = await refresh(["--write"]);
    expect(output.trim()).toBe(`compute.googleapis.com answered 403: ${message}`);
    expect(status).toBe(1);
    expect(entriesOf(folder, "accelerators")[0].asOf).toBe(entriesOf(data, "accelerators")[0].asOf);
  });

  test.each<[string, readonly string[], NodeJS.ProcessEnv, RegExp]>([
    ["an option that it does not know", ["--wirte"], {}, /Unknown option '--wirte'[\s\S]*--write {2}/],
    ["a call without a project", [], { GOOGLE_PROJECT: "" }, /--project ID or GOOGLE_PROJECT/],
    [
      "a call without credentials",
      [],
      { GOOGLE_OAUTH_ACCESS_TOKEN: "", PATH: join(process.execPath, "..") },
      /No credentials: set GOOGLE_OAUTH_ACCESS_TOKEN, or log in with gcloud/,
    ],
    ["an address where nothing answers", ["--api", "http://127.0.0.1:9"], {}, /does not answer/],
  ])("refuses %s, without a stack trace", async (_, args, env, message) => {
    const { status, output } = await refresh(args, env);
    expect(output).toMatch(message);
    expect(output).not.toContain("    at ");
    expect(status).toBe(1);
  });
});
