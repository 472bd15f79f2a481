import { PubsubTopic } from "@cdktf/provider-google/lib/pubsub-topic";
import { PubsubTopicIamMember } from "@cdktf/provider-google/lib/pubsub-topic-iam-member";
import { type ITerraformDependable, Token } from "cdktf";
import { Construct, type IConstruct } from "constructs";
import { checkName } from "../catalog/names";
import { ConstructError, type Finding } from "../construct-error";
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

abstract class RotationTopicBase extends Construct implements IRotationTopic {
  abstract readonly topicId: string;
  /** The same, before Secret Manager may publish. */
  protected abstract readonly topic: string;

  grantSubscribe(identity: IIdentity): ITerraformDependable {
    return new PubsubTopicIamMember(identity, `Subscribe ${this.node.path}`, {
      topic: this.topic,
      role: "roles/pubsub.subscriber",
      member: identity.member,
    });
  }

  /** The topic's id, by way of the grant that lets Secret Manager publish there. */
  protected published(): string {
    return new PubsubTopicIamMember(this, "Publisher", {
      topic: this.topic,
      role: "roles/pubsub.publisher",
      ...ServiceAgent.SECRET_MANAGER.bind(this),
    }).topic;
  }
}

/**
 * Where Secret Manager says that a secret is due, and what became of its versions. One topic serves all secrets that
 * the same rotator renews; a message names its secret and never holds the value.
 */
export class RotationTopic extends RotationTopicBase {
  /**
   * A topic that is managed elsewhere, that of a rotator which renews the secrets of several projects for example, by
   * `projects/P/topics/T`. Lets this project's Secret Manager publish there.
   */
  static fromTopicId(scope: Construct, id: string, topicId: string): IRotationTopic {
    return new ImportedRotationTopic(scope, id, topicId);
  }

  readonly topicId: string;
  protected readonly topic: string;

  constructor(scope: Construct, id: string, props: RotationTopicProps) {
    super(scope, id);
    const { name, key } = props;
    ConstructError.throwIfAny(this, checkName("topic", "name", name));

    this.topic = new PubsubTopic(this, "Resource", {
      name,
      kmsKeyName: key.keyIdFor(ServiceAgent.PUBSUB),
      messageStoragePolicy: { allowedPersistenceRegions: [key.location] },
    }).id;
    this.topicId = this.published();
  }
}

class ImportedRotationTopic extends RotationTopicBase {
  readonly topicId: string;

  constructor(
    scope: Construct,
    id: string,
    protected readonly topic: string,
  ) {
    super(scope, id);
    ConstructError.throwIfAny(this, checkTopicId("topicId", topic));
    this.topicId = this.published();
  }
}

function checkTopicId(property: string, topicId: string): Finding[] {
  if (Token.isUnresolved(topicId)) return [];
  const name = /^projects\/[^/]+\/topics\/([^/]+)$/.exec(topicId)?.[1];
  if (name !== undefined && checkName("topic", property, name).length === 0) return [];
  return [{ property, received: topicId, remedy: "state it in full: projects/P/topics/T" }];
}
