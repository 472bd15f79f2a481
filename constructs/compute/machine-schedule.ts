import type { ComputeInstance } from "@cdktf/provider-google/lib/compute-instance";
import { ComputeInstanceIamMember } from "@cdktf/provider-google/lib/compute-instance-iam-member";
import { ComputeResourcePolicy } from "@cdktf/provider-google/lib/compute-resource-policy";
import { ComputeResourcePolicyAttachment } from "@cdktf/provider-google/lib/compute-resource-policy-attachment";
import { Construct } from "constructs";
import { ServiceAgent } from "../security/service-agent";

/** When a machine is started and stopped. Google does so within a quarter of an hour. */
export interface MachineSchedule {
  /**
   * In unix-cron form, as `0 8 * * MON-FRI`.
   *
   * @default - nobody starts it by schedule
   */
  readonly start?: string;

  /**
   * In unix-cron form, as `0 19 * * *`.
   *
   * @default - nobody stops it by schedule
   */
  readonly stop?: string;

  /** As the tz database names it: `Europe/Amsterdam`. */
  readonly timeZone: string;
}

export interface AttachedScheduleProps {
  readonly name: string;
  /** That of the zone, which may be known only at apply. */
  readonly region: string;
  readonly zone: string;
  readonly machine: ComputeInstance;
  readonly schedule: MachineSchedule;
}

/** A schedule, attached to a machine that exists, and what Google's agent needs to keep it. */
export class AttachedSchedule extends Construct {
  constructor(scope: Construct, id: string, props: AttachedScheduleProps) {
    super(scope, id);
    const { name, region, zone, machine, schedule } = props;
    const { start, stop, timeZone } = schedule;
    // On this one machine. https://cloud.google.com/compute/docs/instances/schedule-instance-start-stop#required-roles
    const grant = new ComputeInstanceIamMember(this, "Grant", {
      project: machine.project,
      zone,
      instanceName: machine.name,
      role: "roles/compute.instanceAdmin.v1",
      ...ServiceAgent.COMPUTE.bind(this),
    });
    const policy = new ComputeResourcePolicy(this, "Resource", {
      name: `${name}-schedule`,
      region,
      description: `Starts and stops ${name}`,
      instanceSchedulePolicy: {
        timeZone,
        vmStartSchedule: start === undefined ? undefined : { schedule: start },
        vmStopSchedule: stop === undefined ? undefined : { schedule: stop },
      },
    });
    // Apart from the machine, since any change makes another schedule, and one that is attached cannot be destroyed.
    new ComputeResourcePolicyAttachment(this, "Attachment", {
      name: policy.name,
      instance: machine.name,
      zone,
      dependsOn: [grant],
      // Terraform takes no expression here, as cdktf would make one of the resource, and no more than its address.
      lifecycle: { replaceTriggeredBy: [`${policy.terraformResourceType}.${policy.friendlyUniqueId}`] },
    });
  }
}
