import { ProjectIamMember } from "@cdktf/provider-google/lib/project-iam-member";
import { ServiceAccount } from "@cdktf/provider-google/lib/service-account";
import { ServiceAccountIamMember } from "@cdktf/provider-google/lib/service-account-iam-member";
import { type ITerraformDependable, Token } from "cdktf";
import { Construct } from "constructs";
import { checkName } from "../catalog/names";
import { checkProjectRole } from "../catalog/project-roles";
import { ConstructError, type Finding } from "../construct-error";
import type { IIdentity } from "./identity";

/** A service account of Kubernetes, as pods run under it. */
export interface KubernetesServiceAccount {
  readonly namespace: string;

  /** Its name in the namespace. */
  readonly serviceAccount: string;

  /**
   * Pool that the cluster's accounts belong to. Google makes it with the first cluster of a project that has one,
   * and refuses the binding before: give it as the cluster reports it, and the binding waits for the cluster.
   *
   * @default - that of the identity's own project, `PROJECT.svc.id.goog`
   */
  readonly workloadPool?: string;
}

/** The service account of a workload, and what can be asked of it. */
export interface IWorkloadIdentity extends IIdentity {
  readonly email: string;

  /** What the Kubernetes service account carries as annotations, so that its pods get this identity. */
  readonly kubernetesAnnotations: Readonly<Record<string, string>>;

  /**
   * Lets the pods of a Kubernetes service account, in every cluster of the pool, act as this identity. The
   * account has to carry `kubernetesAnnotations` as well. Returns the grant, to wait for.
   */
  bindKubernetes(account: KubernetesServiceAccount): ITerraformDependable;

  /** Lets another identity act as this one, with tokens that expire. */
  grantImpersonate(identity: IIdentity): ITerraformDependable;

  /** Lets another identity start or use machines and jobs that run as this one, without tokens of its own. */
  grantActAs(identity: IIdentity): ITerraformDependable;

  /**
   * Gives this identity a role on its whole project, for the roles that exist nowhere else, as
   * `roles/monitoring.metricWriter`. Refused is what a grant of the accessed thing does instead.
   */
  grantProjectRole(role: string): ITerraformDependable;
}

export interface WorkloadIdentityProps {
  /** Account id: the part of the e-mail address before the project. */
  readonly name: string;

  /** What the workload does, for whoever reads the project's list of accounts: at most 256 bytes. */
  readonly description: string;
}

const DESCRIPTION_BYTES_MAX = 256;

/** `NAME@PROJECT.iam.gserviceaccount.com`, but not `service-NUMBER@`, which is an agent of Google's. */
const ownAccount =
  /^(?!service-\d+@)[a-z][a-z0-9-]{4,28}[a-z0-9]@([a-z][a-z0-9-]{4,28}[a-z0-9])\.iam\.gserviceaccount\.com$/;

abstract class WorkloadIdentityBase extends Construct implements IWorkloadIdentity {
  abstract readonly email: string;
  abstract readonly member: string;
  protected abstract readonly project: string;

  /** `projects/.../serviceAccounts/...`, as what the account's own policy lies on. */
  protected abstract readonly accountName: string;

  get kubernetesAnnotations(): Readonly<Record<string, string>> {
    return { "iam.gke.io/gcp-service-account": this.email };
  }

  bindKubernetes(account: KubernetesServiceAccount): ITerraformDependable {
    const { namespace, serviceAccount, workloadPool } = account;
    ConstructError.throwIfAny(this, [
      ...checkName("kubernetesNamespace", "namespace", namespace),
      ...checkName("kubernetesServiceAccount", "serviceAccount", serviceAccount),
      ...(workloadPool === undefined ? [] : checkWorkloadPool("workloadPool", workloadPool)),
    ]);
    const pool = workloadPool ?? `${this.project}.svc.id.goog`;
    // A namespace has no dots, so that no two accounts share an id.
    return new ServiceAccountIamMember(this, `Kubernetes ${namespace}.${serviceAccount}`, {
      serviceAccountId: this.accountName,
      role: "roles/iam.workloadIdentityUser",
      member: `serviceAccount:${pool}[${namespace}/${serviceAccount}]`,
    });
  }

  grantImpersonate(identity: IIdentity): ITerraformDependable {
    return new ServiceAccountIamMember(identity, `Impersonate ${this.node.path}`, {
      serviceAccountId: this.accountName,
      role: "roles/iam.serviceAccountTokenCreator",
      member: identity.member,
    });
  }

  grantActAs(identity: IIdentity): ITerraformDependable {
    const id = `ActAs ${this.node.path}`;
    // Several things that run as this identity may each have let the other one in.
    const existing = identity.node.tryFindChild(id) as ServiceAccountIamMember | undefined;
    return (
      existing ??
      new ServiceAccountIamMember(identity, id, {
        serviceAccountId: this.accountName,
        role: "roles/iam.serviceAccountUser",
        member: identity.member,
      })
    );
  }

  grantProjectRole(role: string): ITerraformDependable {
    ConstructError.throwIfAny(this, checkProjectRole("role", role));
    return new ProjectIamMember(this, `Project ${role}`, {
      project: this.project,
      role,
      member: this.member,
    });
  }
}

/** The service account of one workload. It can do nothing until something is granted to it, and has no key. */
export class WorkloadIdentity extends WorkloadIdentityBase {
  /** A service account that is managed elsewhere, by `NAME@PROJECT.iam.gserviceaccount.com`. */
  static fromEmail(scope: Construct, id: string, email: string): IWorkloadIdentity {
    return new ImportedWorkloadIdentity(scope, id, email);
  }

  readonly email: string;
  readonly member: string;
  protected readonly project: string;
  protected readonly accountName: string;

  constructor(scope: Construct, id: string, props: WorkloadIdentityProps) {
    super(scope, id);
    const { name, description } = props;
    ConstructError.throwIfAny(this, [
      ...checkName("serviceAccount", "name", name),
      ...checkDescription("description", description),
    ]);

    const account = new ServiceAccount(this, "Resource", {
      accountId: name,
      displayName: name,
      description,
    });
    this.email = account.email;
    this.member = account.member;
    this.project = account.project;
    this.accountName = account.name;
  }
}

class ImportedWorkloadIdentity extends WorkloadIdentityBase {
  readonly member: string;
  protected readonly project: string;
  protected readonly accountName: string;

  constructor(
    scope: Construct,
    id: string,
    readonly email: string,
  ) {
    super(scope, id);
    // The default accounts, of Compute Engine and App Engine, are shared by whatever runs without one of its own.
    const project = ownAccount.exec(email)?.[1];
    if (project === undefined)
      throw new ConstructError(this, [
        {
          property: "email",
          received: email,
          remedy:
            "state the address of an account made for the workload, as NAME@PROJECT.iam.gserviceaccount.com; Google's agents and default accounts are none",
        },
      ]);
    this.member = `serviceAccount:${email}`;
    this.project = project;
    this.accountName = `projects/${project}/serviceAccounts/${email}`;
  }
}

function checkDescription(property: string, description: string): Finding[] {
  if (Token.isUnresolved(description) || Buffer.byteLength(description) <= DESCRIPTION_BYTES_MAX) return [];
  const remedy = `say it in at most ${DESCRIPTION_BYTES_MAX} bytes`;
  return [{ property, received: description, remedy }];
}

function checkWorkloadPool(property: string, pool: string): Finding[] {
  if (Token.isUnresolved(pool)) return [];
  const [, project] = /^(.*)\.svc\.id\.goog$/.exec(pool) ?? [];
  if (project !== undefined && checkName("project", property, project).length === 0) return [];
  return [
    { property, received: pool, remedy: "name the pool of the cluster's project, as PROJECT.svc.id.goog" },
  ];
}
