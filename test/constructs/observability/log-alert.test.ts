import type { TerraformStack } from "cdktf";
import { AlertChannel, LogAlert, type LogAlertProps } from "../../../constructs";
import { findings, onlyResource, terraformOf } from "../../support/terraform";

function alert(stack: TerraformStack, props: Partial<LogAlertProps> = {}): LogAlert {
  return new LogAlert(stack, "Alert", {
    title: "A model was deleted",
    filter: 'protoPayload.methodName="storage.objects.delete"',
    severity: "WARNING",
    documentation: "Nothing serves it any more.",
    ...props,
  });
}

describe("a log alert", () => {
  test("is raised by one entry, and stays open for a week", () => {
    expect(
      onlyResource(
        terraformOf((stack) => alert(stack)),
        "google_monitoring_alert_policy",
      ),
    ).toMatchObject({
      display_name: "A model was deleted",
      severity: "WARNING",
      combiner: "OR",
      conditions: [
        {
          condition_matched_log: { filter: 'protoPayload.methodName="storage.objects.delete"' },
        },
      ],
      alert_strategy: { notification_rate_limit: { period: "300s" }, auto_close: "604800s" },
    });
  });

  test("tells who did what to what, in a text that Terraform does not take for its own", () => {
    const policy = onlyResource(
      terraformOf((stack) => alert(stack)),
      "google_monitoring_alert_policy",
    );
    expect(policy.conditions).toMatchObject([
      {
        condition_matched_log: {
          label_extractors: {
            principal: "EXTRACT(protoPayload.authenticationInfo.principalEmail)",
            method: "EXTRACT(protoPayload.methodName)",
            resource: "EXTRACT(protoPayload.resourceName)",
          },
        },
      },
    ]);
    expect(policy.documentation).toEqual({
      mime_type: "text/markdown",
      content: [
        "Nothing serves it any more.",
        "",
        "- principal: $${log.extracted_label.principal}",
        "- method: $${log.extracted_label.method}",
        "- resource: $${log.extracted_label.resource}",
      ].join("\n"),
    });
  });

  test("goes to the channels that are named", () => {
    const terraform = terraformOf((stack) => {
      const duty = new AlertChannel(stack, "Duty", { email: "duty@acme.com" });
      const pager = AlertChannel.fromName(stack, "Pager", "projects/acme/notificationChannels/123");
      alert(stack, { alertTo: [duty, pager] });
    });
    expect(onlyResource(terraform, "google_monitoring_alert_policy").notification_channels).toEqual([
      expect.stringMatching(/^\$\{google_monitoring_notification_channel\.Duty_\w+\.name\}$/),
      "projects/acme/notificationChannels/123",
    ]);
  });

  test("goes nowhere where none is named", () => {
    expect(
      onlyResource(
        terraformOf((stack) => alert(stack)),
        "google_monitoring_alert_policy",
      ),
    ).not.toHaveProperty("notification_channels");
  });

  test("watches the project that it is told to", () => {
    const terraform = terraformOf((stack) => alert(stack, { project: "another-project" }));
    expect(onlyResource(terraform, "google_monitoring_alert_policy").project).toBe("another-project");
  });

  test("is refused where every entry would raise it, or none could, with every finding at once", () => {
    const filter = "a".repeat(20_001);
    expect(findings((stack) => alert(stack, { title: "", filter: " " }))).toEqual([
      { property: "title", received: "", remedy: "state it in 1 to 512 characters" },
      { property: "filter", received: " ", remedy: "state it in 1 to 20000 characters" },
    ]);
    expect(findings((stack) => alert(stack, { filter }))).toEqual([
      { property: "filter", received: filter, remedy: "state it in 1 to 20000 characters" },
    ]);
  });
});
