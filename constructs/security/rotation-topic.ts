import { PubsubTopic } from "@cdktf/provider-google/lib/pubsub-topic";
import { PubsubTopicIamMember } from "@cdktf/provider-google/lib/pubsub-topic-iam-member";
import type { ITerraformDependable } from "cdktf";
import { Construct, type IConstruct } from "constructs";
import { checkName } from "../catalog/names";
import { ConstructError } from "../construct-error";
import type { IEncryptionKey } from "./encryption-key";
import type { IIdentity } from "./identity";
import { ServiceAgent } from "./service-agent";

export interface IRotationTopic extends IConstruct {
  /**
   * `projects/.../topics/...`, by way of the grant that lets Secret Manager publish, so that a secret that names the
   * topic waits for it.
   */
  readonly topicId: string;

  /** Lets an identity attach subscriptions to the topic. Returns the grant, to wait for. */
  grantSubscribe(identity: IIdentity): ITerraformDependable;
}

export interface RotationTopicProps {
  readonly name: string;

  /** Key that messages are encrypted with. They are kept in its location and nowhere else. */
  readonly key: IEncryptionKey;
}

/**
 * Where Secret Manager says that a secret is due, and what became of its versions. One topic serves all secrets that
 * the same rotator renews; a message names its secret and never holds the value.
 */
export class RotationTopic extends Construct implements IRotationTopic {
  readonly topicId: string;
  private readonly resource: PubsubTopic;

  constructor(scope: Construct, id: string, props: RotationTopicProps) {
    super(scope, id);
    const { name, key } = props;
    ConstructError.throwIfAny(this, checkName("topic", "name", name));

    this.resource = new PubsubTopic(this, "Resource", {
      name,
      kmsKeyName: key.keyIdFor(ServiceAgent.PUBSUB),
      messageStoragePolicy: { allowedPersistenceRegions: [key.location] },
    });
    this.topicId = new PubsubTopicIamMember(this, "Publisher", {
      topic: this.resource.id,
      role: "roles/pubsub.publisher",
      ...ServiceAgent.SECRET_MANAGER.bind(this),
    }).topic;
  }

  grantSubscribe(identity: IIdentity): ITerraformDependable {
    return new PubsubTopicIamMember(identity, `Subscribe ${this.node.path}`, {
      topic: this.resource.id,
      role: "roles/pubsub.subscriber",
      member: identity.member,
    });
  }
}
