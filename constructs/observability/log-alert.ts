import { MonitoringAlertPolicy } from "@cdktf/provider-google/lib/monitoring-alert-policy";
import { Construct } from "constructs";
import { loggingCatalog } from "../catalog/logging";
import type { IAlertChannel } from "./alert-channel";

export type AlertSeverity = "CRITICAL" | "ERROR" | "WARNING";

export interface LogAlertProps {
  /** What has happened, as the notification's subject says it. */
  readonly title: string;

  /** Which log entries raise the alert, in the Logging query language. */
  readonly filter: string;

  readonly severity: AlertSeverity;

  /** What whoever is notified reads, in Markdown: why it matters and what to do. */
  readonly documentation: string;

  /**
   * Where the alert goes.
   *
   * @default - nowhere: the incident shows in the console alone
   */
  readonly alertTo?: readonly IAlertChannel[];
}

/** What the notification says about the entry. In Terraform's own strings a dollar sign is doubled. */
const facts = {
  principal: "protoPayload.authenticationInfo.principalEmail",
  method: "protoPayload.methodName",
  resource: "protoPayload.resourceName",
};

/**
 * An alert that one audit log entry is enough to raise. Each who, what and on what is an incident of its own, and
 * it stays open for a week, since nothing in a log says that somebody has looked.
 */
export class LogAlert extends Construct {
  constructor(scope: Construct, id: string, props: LogAlertProps) {
    super(scope, id);
    const { title, filter, severity, documentation, alertTo = [] } = props;

    new MonitoringAlertPolicy(this, "Resource", {
      displayName: title,
      severity,
      combiner: "OR",
      conditions: [
        {
          displayName: title,
          conditionMatchedLog: {
            filter,
            labelExtractors: Object.fromEntries(
              Object.entries(facts).map(([label, field]) => [label, `EXTRACT(${field})`]),
            ),
          },
        },
      ],
      alertStrategy: {
        // Google asks for a limit where a log entry is the condition.
        notificationRateLimit: { period: `${loggingCatalog.notificationPeriodSecondsMin}s` },
        autoClose: `${loggingCatalog.autoCloseSecondsMax}s`,
      },
      documentation: {
        mimeType: "text/markdown",
        content: [
          documentation,
          Object.keys(facts)
            .map((label) => `- ${label}: $\${log.extracted_label.${label}}`)
            .join("\n"),
        ].join("\n\n"),
      },
      notificationChannels: alertTo.length > 0 ? alertTo.map(({ channelName }) => channelName) : undefined,
    });
  }
}
