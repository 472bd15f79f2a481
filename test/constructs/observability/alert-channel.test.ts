import { AlertChannel } from "../../../constructs";
import { findings, onlyResource, terraformOf } from "../../support/terraform";

describe("an alert channel", () => {
  test("is a mailbox, called by its address unless it has a name", () => {
    const terraform = terraformOf(
      (stack) => new AlertChannel(stack, "Security", { email: "security@acme.com" }),
    );
    expect(onlyResource(terraform, "google_monitoring_notification_channel")).toEqual({
      type: "email",
      display_name: "security@acme.com",
      labels: { email_address: "security@acme.com" },
    });
  });

  test("has the name that it is given", () => {
    const terraform = terraformOf(
      (stack) =>
        new AlertChannel(stack, "Security", { email: "security@acme.com", displayName: "Security on duty" }),
    );
    expect(onlyResource(terraform, "google_monitoring_notification_channel")).toMatchObject({
      display_name: "Security on duty",
    });
  });

  test("that is managed elsewhere makes no resource", () => {
    const terraform = terraformOf((stack) => {
      const channel = AlertChannel.fromName(stack, "Pager", "projects/acme/notificationChannels/123");
      expect(channel.channelName).toBe("projects/acme/notificationChannels/123");
    });
    expect(terraform.resource).toBeUndefined();
  });

  test.each(["security", "security@acme", "a b@acme.com", "security@acme.com, eve@example.com"])(
    "is refused for what is no address: %s",
    (email) => {
      expect(findings((stack) => new AlertChannel(stack, "Security", { email }))).toEqual([
        { property: "email", received: email, remedy: expect.stringContaining("e-mail") },
      ]);
    },
  );

  test("that is managed elsewhere is refused unless it is named in full", () => {
    expect(findings((stack) => AlertChannel.fromName(stack, "Pager", "123"))).toEqual([
      {
        property: "channelName",
        received: "123",
        remedy: "state it in full: projects/P/notificationChannels/C",
      },
    ]);
  });
});
