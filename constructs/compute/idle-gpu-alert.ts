import { Construct } from "constructs";
import { monitoringCatalog } from "../catalog/monitoring";
import type { IAlertChannel } from "../observability/alert-channel";
import { MetricAlert } from "../observability/metric-alert";

export interface IdleGpuAlertProps {
  /** The machine, by its name in Compute Engine. It has to run the Ops Agent. */
  readonly machineName: string;

  readonly zone: string;

  /** How long a GPU is hardly used before the alert is raised. */
  readonly idleSeconds: number;

  /** What whoever is notified is advised to do. */
  readonly advice: string;

  readonly alertTo: readonly IAlertChannel[];
}

/** Share of its time, in percent, below which a GPU does nobody's work. */
const IDLE_PERCENT = 5;

/** An alert on a machine that runs while one of its GPUs does next to nothing. A stopped machine raises none. */
export class IdleGpuAlert extends Construct {
  constructor(scope: Construct, id: string, props: IdleGpuAlertProps) {
    super(scope, id);
    const { machineName, zone, idleSeconds, advice, alertTo } = props;
    const minutes = idleSeconds / 60;
    new MetricAlert(this, "Alert", {
      title: `A GPU of ${machineName} is idle`,
      // By name, so that it goes on watching a machine that was made anew.
      filter: [
        `metric.type = "${monitoringCatalog.gpuUtilization.metric}"`,
        'resource.type = "gce_instance"',
        `resource.labels.zone = "${zone}"`,
        `metadata.system_labels.name = "${machineName}"`,
      ].join(" AND "),
      below: IDLE_PERCENT,
      forSeconds: idleSeconds,
      // The GPU that is used least speaks for the machine: it is paid for with the others.
      reduce: "min",
      groupBy: ["resource.label.instance_id"],
      severity: "WARNING",
      documentation: [
        `A GPU of ${machineName} in ${zone} was in use for less than ${IDLE_PERCENT} % of its time, for ${minutes} minutes.`,
        `It costs the same as one that works. ${advice}`,
      ].join(" "),
      alertTo,
    });
  }
}
