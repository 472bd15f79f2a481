import { TerraformVariable } from "cdktf";
import {
  AcceleratorQuota,
  type AcceleratorQuotaProps,
  acceleratorQuotaCatalog,
  acceleratorsWithQuota,
  type QuotaSafetyCheck,
} from "../../../constructs";
import { findings, onlyResource, terraformOf } from "../../support/terraform";

const required = {
  project: "acme-ml-dev",
  accelerator: "nvidia-l4",
  region: "europe-west4",
  limit: 4,
  contactEmail: "ml-platform@acme.com",
};

function quota(props: Partial<AcceleratorQuotaProps> = {}) {
  return onlyResource(
    terraformOf((stack) => new AcceleratorQuota(stack, "Quota", { ...required, ...props })),
    "google_cloud_quotas_quota_preference",
  );
}

describe("a quota of accelerators", () => {
  test("limits how many run on demand in a region", () => {
    const { "//": _, ...preference } = quota();
    expect(preference).toEqual({
      parent: "projects/acme-ml-dev",
      name: "nvidia-l4-europe-west4",
      service: "compute.googleapis.com",
      quota_id: "NVIDIA-L4-GPUS-per-project-region",
      dimensions: { region: "europe-west4" },
      quota_config: { preferred_value: "4" },
      contact_email: "ml-platform@acme.com",
    });
  });

  test("limits Spot by its own quota, with a reason for whoever decides", () => {
    expect(quota({ spot: true, justification: "Evaluation runs" })).toMatchObject({
      name: "nvidia-l4-spot-europe-west4",
      quota_id: "PREEMPTIBLE-NVIDIA-L4-GPUS-per-project-region",
      justification: "Evaluation runs",
    });
  });

  test.each([
    ["nvidia-h100-80gb", { gpu_family: "NVIDIA_H100" }, "GPUS-PER-GPU-FAMILY-per-project-region"],
    ["tpu-v6e-slice", { tpu_family: "CT6E" }, "TPUS-PER-TPU-FAMILY-per-project-region"],
  ])("counts %s on demand with its family, and on Spot by itself", (accelerator, family, quotaId) => {
    expect(quota({ accelerator })).toMatchObject({
      quota_id: quotaId,
      dimensions: { region: "europe-west4", ...family },
    });
    expect(quota({ accelerator, spot: true })).toMatchObject({
      quota_id: expect.stringMatching(/^PREEMPTIBLE-/),
      dimensions: { region: "europe-west4" },
    });
  });

  test("limits all GPUs of a project together", () => {
    const preference = quota({ accelerator: "all-gpus", region: undefined });
    expect(preference).toMatchObject({ name: "all-gpus", quota_id: "GPUS-ALL-REGIONS-per-project" });
    expect(preference).not.toHaveProperty("dimensions");
  });

  test("forbids them with a limit of 0, which no check of Google's keeps from being set", () => {
    expect(quota({ limit: 0, contactEmail: undefined })).toMatchObject({
      quota_config: { preferred_value: "0" },
      ignore_safety_checks: "QUOTA_DECREASE_PERCENTAGE_TOO_HIGH",
    });
  });

  test("takes a region and an address that are known only at apply", () => {
    const preference = onlyResource(
      terraformOf((stack) => {
        const [region, contactEmail] = ["region", "contact"].map(
          (name) => new TerraformVariable(stack, name, { type: "string" }).stringValue,
        );
        return new AcceleratorQuota(stack, "Quota", { ...required, region, contactEmail });
      }),
      "google_cloud_quotas_quota_preference",
    );
    expect(preference).toMatchObject({
      dimensions: { region: expect.stringContaining("var.region") },
      contact_email: expect.stringContaining("var.contact"),
    });
  });

  test("goes without the check that is named", () => {
    expect(quota({ limit: 0, ignoredSafetyCheck: "below-usage" })).toMatchObject({
      ignore_safety_checks: "QUOTA_DECREASE_BELOW_USAGE",
    });
  });

  test.each(acceleratorsWithQuota)("has an id of Google's for %s", (accelerator) => {
    const { onDemand, spot } = acceleratorQuotaCatalog.accelerators[accelerator];
    expect(onDemand.quotaId).toMatch(/^[A-Z0-9-]+-per-project(-region)?$/);
    if (spot !== undefined) expect(spot.quotaId).toMatch(/^PREEMPTIBLE-[A-Z0-9-]+-per-project-region$/);
  });

  test("is refused with every finding at once", () => {
    expect(
      findings(
        (stack) =>
          new AcceleratorQuota(stack, "Quota", {
            project: "Acme",
            accelerator: "nvidia-l40",
            region: "europe-west44",
            limit: 4,
            ignoredSafetyCheck: "all" as QuotaSafetyCheck,
          }),
      ),
    ).toEqual([
      { property: "project", received: "Acme", remedy: expect.stringContaining("lower-case") },
      { property: "accelerator", received: "nvidia-l40", remedy: expect.stringContaining('"nvidia-l4"') },
      { property: "region", received: "europe-west44", remedy: expect.stringContaining('"europe-west4"') },
      { property: "contactEmail", received: undefined, remedy: expect.stringContaining("name an address") },
      { property: "ignoredSafetyCheck", received: "all", remedy: "use one of below-usage, large-decrease" },
    ]);
  });

  test.each([
    [{ region: undefined }, "region", "one limit in each"],
    [{ region: "europe-west44" }, "region", "europe-west4"],
    [{ accelerator: "all-gpus" }, "region", "in all regions together"],
    [{ accelerator: "all-gpus", region: undefined, spot: true }, "spot", "no limit of Spot is known"],
    [{ accelerator: "constructor" }, "accelerator", "Use one of"],
    [{ ignoredSafetyCheck: "toString" as QuotaSafetyCheck }, "ignoredSafetyCheck", "use one of"],
    [{ limit: -1 }, "limit", "from 0"],
    [{ limit: 1.5 }, "limit", "from 0"],
    [{ contactEmail: "the platform team" }, "contactEmail", "use an address"],
  ] as const)("is refused with %j", (props, property, remedy) => {
    expect(findings((stack) => new AcceleratorQuota(stack, "Quota", { ...required, ...props }))).toEqual([
      {
        property,
        received: Reflect.get({ ...required, ...props }, property),
        remedy: expect.stringContaining(remedy),
      },
    ]);
  });
});
