import { MonitoringAlertPolicy } from "@cdktf/provider-google/lib/monitoring-alert-policy";
import { Token } from "cdktf";
import { Construct } from "constructs";
import { checkConditionSeconds, monitoringCatalog } from "../catalog/monitoring";
import { ConstructError, type Finding } from "../construct-error";
import type { IAlertChannel } from "./alert-channel";
import type { AlertSeverity } from "./log-alert";

/** How several time series become one: that of the least, of the most, or their mean or sum. */
export type SeriesReducer = "min" | "max" | "mean" | "sum";

export interface MetricAlertProps {
  /**
   * Project whose metrics raise the alert.
   *
   * @default - the stack's own
   */
  readonly project?: string;

  /** What has happened, as the notification's subject says it: at most 512 characters. */
  readonly title: string;

  /** Which time series raise the alert, in the form of Cloud Monitoring's filters, with a `metric.type`. */
  readonly filter: string;

  /**
   * The alert is raised below this value. Exactly one of `below` and `above` is stated.
   *
   * @default - none
   */
  readonly below?: number;

  /**
   * The alert is raised above this value.
   *
   * @default - none
   */
  readonly above?: number;

  /** How long without a break, in whole minutes: 60 to 84 600. */
  readonly forSeconds: number;

  /**
   * Time that values are averaged over before they are compared, in whole minutes.
   *
   * @default 300
   */
  readonly averagedOverSeconds?: number;

  /**
   * Makes one of all time series that share the labels of `groupBy`, so that they raise one alert together.
   *
   * @default - each raises an alert of its own
   */
  readonly reduce?: SeriesReducer;

  /**
   * Labels, as `resource.label.instance_id`, each combination of which raises an alert of its own, with `reduce`.
   *
   * @default - none: one alert of all
   */
  readonly groupBy?: readonly string[];

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

/**
 * An alert that a metric raises by staying below or above a value. What sends no values, as a machine that is
 * stopped, raises none, and its incident closes after half an hour.
 */
export class MetricAlert extends Construct {
  constructor(scope: Construct, id: string, props: MetricAlertProps) {
    super(scope, id);
    const { project, title, filter, below, above, forSeconds, averagedOverSeconds = 300 } = props;
    const { reduce, groupBy, severity, documentation, alertTo = [] } = props;
    ConstructError.throwIfAny(this, checkMetricAlert(props));

    new MonitoringAlertPolicy(this, "Resource", {
      project,
      displayName: title,
      severity,
      combiner: "OR",
      conditions: [
        {
          displayName: title,
          conditionThreshold: {
            filter,
            comparison: below === undefined ? "COMPARISON_GT" : "COMPARISON_LT",
            thresholdValue: below ?? above,
            duration: `${forSeconds}s`,
            evaluationMissingData: "EVALUATION_MISSING_DATA_INACTIVE",
            aggregations: [
              {
                alignmentPeriod: `${averagedOverSeconds}s`,
                perSeriesAligner: "ALIGN_MEAN",
                ...(reduce === undefined
                  ? {}
                  : {
                      crossSeriesReducer: `REDUCE_${reduce.toUpperCase()}`,
                      groupByFields: groupBy === undefined ? undefined : [...groupBy],
                    }),
              },
            ],
            trigger: { count: 1 },
          },
        },
      ],
      alertStrategy: { autoClose: `${monitoringCatalog.autoCloseSecondsMin}s` },
      documentation: { mimeType: "text/markdown", content: documentation },
      notificationChannels: alertTo.length > 0 ? alertTo.map(({ channelName }) => channelName) : undefined,
    });
  }
}

function checkMetricAlert(props: MetricAlertProps): Finding[] {
  const { title, filter, below, above, forSeconds, averagedOverSeconds = 300, reduce, groupBy } = props;
  const findings = [
    ...checkLength("title", title, monitoringCatalog.titleCharactersMax),
    ...checkLength("filter", filter, monitoringCatalog.filterCharactersMax),
    ...checkConditionSeconds("forSeconds", forSeconds),
    ...checkConditionSeconds("averagedOverSeconds", averagedOverSeconds),
  ];
  if ((below === undefined) === (above === undefined))
    findings.push({ property: "below", received: below, remedy: "state either below or above" });
  if (reduce === undefined && groupBy !== undefined)
    findings.push({
      property: "groupBy",
      received: groupBy,
      remedy: "state reduce with it, or leave it out",
    });
  return findings;
}

function checkLength(property: string, text: string, charactersMax: number): Finding[] {
  if (Token.isUnresolved(text) || (text.trim() !== "" && text.length <= charactersMax)) return [];
  return [{ property, received: text, remedy: `state it in 1 to ${charactersMax} characters` }];
}
