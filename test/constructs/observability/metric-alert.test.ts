import type { TerraformStack } from "cdktf";
import { AlertChannel, MetricAlert, type MetricAlertProps } from "../../../constructs";
import { findings, onlyResource, terraformOf } from "../../support/terraform";

const FILTER = 'metric.type = "compute.googleapis.com/instance/cpu/utilization"';

function alert(stack: TerraformStack, props: Partial<MetricAlertProps> = {}): MetricAlert {
  return new MetricAlert(stack, "Alert", {
    title: "A machine is busy",
    filter: FILTER,
    above: 0.9,
    forSeconds: 600,
    severity: "WARNING",
    documentation: "Somebody waits for it.",
    ...props,
  });
}

function policy(props: Partial<MetricAlertProps> = {}) {
  return onlyResource(
    terraformOf((stack) => alert(stack, props)),
    "google_monitoring_alert_policy",
  );
}

describe("a metric alert", () => {
  test("is raised by each time series that stays above a value, and by none that has ended", () => {
    expect(policy()).toMatchObject({
      display_name: "A machine is busy",
      severity: "WARNING",
      combiner: "OR",
      documentation: { mime_type: "text/markdown", content: "Somebody waits for it." },
      alert_strategy: { auto_close: "1800s" },
      conditions: [
        {
          condition_threshold: {
            filter: FILTER,
            comparison: "COMPARISON_GT",
            threshold_value: 0.9,
            duration: "600s",
            evaluation_missing_data: "EVALUATION_MISSING_DATA_INACTIVE",
            aggregations: [{ alignment_period: "300s", per_series_aligner: "ALIGN_MEAN" }],
            trigger: { count: 1 },
          },
        },
      ],
    });
  });

  test("is raised by one that stays below a value, zero included", () => {
    expect(policy({ above: undefined, below: 0 }).conditions).toMatchObject([
      { condition_threshold: { comparison: "COMPARISON_LT", threshold_value: 0 } },
    ]);
  });

  test("takes several time series for one where it is told to", () => {
    expect(
      policy({ reduce: "min", groupBy: ["resource.label.zone"], averagedOverSeconds: 60 }).conditions,
    ).toMatchObject([
      {
        condition_threshold: {
          aggregations: [
            {
              alignment_period: "60s",
              cross_series_reducer: "REDUCE_MIN",
              group_by_fields: ["resource.label.zone"],
            },
          ],
        },
      },
    ]);
  });

  test("goes to the channels that are named, about the project that is named", () => {
    const terraform = terraformOf((stack) =>
      alert(stack, {
        project: "another-project",
        alertTo: [AlertChannel.fromName(stack, "Pager", "projects/acme/notificationChannels/123")],
      }),
    );
    expect(onlyResource(terraform, "google_monitoring_alert_policy")).toMatchObject({
      project: "another-project",
      notification_channels: ["projects/acme/notificationChannels/123"],
    });
    expect(policy()).not.toHaveProperty("notification_channels");
  });

  test("is refused with every finding at once", () => {
    expect(
      findings((stack) =>
        alert(stack, {
          title: " ",
          filter: "",
          below: 1,
          forSeconds: 90,
          averagedOverSeconds: 0,
          groupBy: ["resource.label.zone"],
        }),
      ),
    ).toEqual([
      { property: "title", received: " ", remedy: "state it in 1 to 512 characters" },
      { property: "filter", received: "", remedy: "state it in 1 to 2048 characters" },
      { property: "forSeconds", received: 90, remedy: "use 60 to 84600 seconds, in whole minutes" },
      { property: "averagedOverSeconds", received: 0, remedy: "use 60 to 84600 seconds, in whole minutes" },
      { property: "below", received: 1, remedy: "state either below or above" },
      {
        property: "groupBy",
        received: ["resource.label.zone"],
        remedy: "state reduce with it, or leave it out",
      },
    ]);
  });

  test("is refused where no value raises it", () => {
    expect(findings((stack) => alert(stack, { above: undefined }))).toEqual([
      { property: "below", received: undefined, remedy: "state either below or above" },
    ]);
  });
});
