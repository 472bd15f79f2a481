import { MonitoringAlertPolicy } from "@cdktf/provider-google/lib/monitoring-alert-policy";
import { Token } from "cdktf";
import { Construct } from "constructs";
import { loggingCatalog } from "../catalog/logging";
import { ConstructError, type Finding } from "../construct-error";
import type { IAlertChannel } from "./alert-channel";

export type AlertSeverity = "CRITICAL" | "ERROR" | "WARNING";

export interface LogAlertProps {
  /**
   * Project whose log entries raise the alert. Entries of other projects do not, even where it monitors them.
   *
   * @default - the stack's own
   */
  readonly project?: string;

  /** What has happened, as the notification's subject says it: at most 512 characters. */
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
    const { project, title, filter, severity, documentation, alertTo = [] } = props;
    ConstructError.throwIfAny(this, [
      ...checkLength("title", title, loggingCatalog.titleCharactersMax),
      // Without a condition it would be raised by every entry of the project.
      ...checkLength("filter", filter, loggingCatalog.filterCharactersMax),
    ]);

    new MonitoringAlertPolicy(this, "Resource", {
      project,
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

function checkLength(property: string, text: string, charactersMax: number): Finding[] {
  if (Token.isUnresolved(text) || (text.trim() !== "" && text.length <= charactersMax)) return [];
  return [{ property, received: text, remedy: `state it in 1 to ${charactersMax} characters` }];
}
