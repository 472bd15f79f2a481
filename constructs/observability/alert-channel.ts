import { MonitoringNotificationChannel } from "@cdktf/provider-google/lib/monitoring-notification-channel";
import { Token } from "cdktf";
import { Construct, type IConstruct } from "constructs";
import { ConstructError, type Finding } from "../construct-error";

/** Where Cloud Monitoring sends word of an alert. */
export interface IAlertChannel extends IConstruct {
  /** `projects/.../notificationChannels/...` */
  readonly channelName: string;
}

export interface AlertChannelProps {
  /** Address that the alerts are mailed to: a group's, so that they reach whoever is on duty. */
  readonly email: string;

  /**
   * What the channel is called in the console.
   *
   * @default - the address
   */
  readonly displayName?: string;
}

/** A mailbox that alerts are sent to. */
export class AlertChannel extends Construct implements IAlertChannel {
  /**
   * A channel that is managed elsewhere. That is the way to Slack, PagerDuty and webhooks: their tokens would
   * otherwise lie in Terraform's state.
   */
  static fromName(scope: Construct, id: string, channelName: string): IAlertChannel {
    return new ImportedChannel(scope, id, channelName);
  }

  readonly channelName: string;

  constructor(scope: Construct, id: string, props: AlertChannelProps) {
    super(scope, id);
    const { email, displayName = email } = props;
    ConstructError.throwIfAny(this, checkEmail("email", email));

    this.channelName = new MonitoringNotificationChannel(this, "Resource", {
      type: "email",
      displayName,
      labels: { email_address: email },
    }).name;
  }
}

class ImportedChannel extends Construct implements IAlertChannel {
  constructor(
    scope: Construct,
    id: string,
    readonly channelName: string,
  ) {
    super(scope, id);
    ConstructError.throwIfAny(this, checkChannelName(channelName));
  }
}

/** Findings on what is no e-mail address. One that is known only at apply is not judged. */
export function checkEmail(property: string, email: string): Finding[] {
  if (Token.isUnresolved(email) || /^[^\s@]+@[^\s@]+\.[^\s@.]+$/.test(email)) return [];
  return [{ property, received: email, remedy: "use an e-mail address, as security@acme.com" }];
}

function checkChannelName(channelName: string): Finding[] {
  if (Token.isUnresolved(channelName) || /^projects\/[^/]+\/notificationChannels\/[^/]+$/.test(channelName))
    return [];
  const remedy = "state it in full: projects/P/notificationChannels/C";
  return [{ property: "channelName", received: channelName, remedy }];
}
