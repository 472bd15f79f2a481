import { PubsubTopic } from "@cdktf/provider-google/lib/pubsub-topic";
import { PubsubTopicIamMember } from "@cdktf/provider-google/lib/pubsub-topic-iam-member";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import type { IEncryptionKey } from "../security/encryption-key";
import type { IIdentity } from "../security/identity";
import { ServiceAgent } from "../security/service-agent";

export interface UpgradeNotificationsProps {
  readonly name: string;
  readonly key: IEncryptionKey;
}

/** Where GKE says that a cluster can be upgraded, is being upgraded, or has a vulnerability. */
export class UpgradeNotifications extends Construct {
  /** `projects/.../topics/...` */
  readonly topicId: string;

  constructor(scope: Construct, id: string, props: UpgradeNotificationsProps) {
    super(scope, id);
    const { name, key } = props;
    this.topicId = new PubsubTopic(this, "Resource", {
      name,
      kmsKeyName: key.keyIdFor(ServiceAgent.PUBSUB),
      messageStoragePolicy: { allowedPersistenceRegions: [key.location] },
    }).id;
  }

  /** Lets an identity attach subscriptions to the topic. Returns the grant, to wait for. */
  grantSubscribe(identity: IIdentity): ITerraformDependable {
    return new PubsubTopicIamMember(identity, `Subscribe ${this.node.path}`, {
      topic: this.topicId,
      role: "roles/pubsub.subscriber",
      member: identity.member,
    });
  }
}
