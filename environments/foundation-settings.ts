import { z } from "zod";
import { acceleratorQuotaCatalog } from "../constructs/catalog/accelerator-quotas";
import { bucketCatalog } from "../constructs/catalog/buckets";
import { dataClassifications } from "../constructs/catalog/data-classification";
import { checkDays } from "../constructs/catalog/days";
import { checkName } from "../constructs/catalog/names";
import { storageClassFor } from "../constructs/catalog/storage-classes";
import { type Finding, under } from "../constructs/construct-error";
import { checkAcceleratorQuota } from "../constructs/governance/accelerator-quota";
import { CHANNELS_MAX, checkProjectBudget } from "../constructs/governance/project-budget";
import { planNetwork } from "../constructs/network/network-addresses";
import { checkPrivateNetwork } from "../constructs/network/network-checks";
import { checkApisAddress } from "../constructs/network/private-endpoint-checks";
import {
  checkPerimeterIdentity,
  checkServicePerimeter,
} from "../constructs/network/service-perimeter-checks";
import { checkEmail } from "../constructs/observability/alert-channel";
import { checkAuditTrail, checkLogRetention } from "../constructs/security/audit-trail-checks";
import { checkKeyRotation } from "../constructs/security/encryption-key";
import { checkMember } from "../constructs/security/identity";
import { checkSecretRotation } from "../constructs/security/secret-value";
import { checkGitHubOwner } from "../constructs/security/workload-identity-federation";
import { checkFromOne, checkSoftDelete } from "../constructs/storage/bucket-checks";
import { entriesOf, fieldsOfType, valueAt } from "./fields";

export const environmentName = z
  .string()
  .regex(/^[a-z][a-z0-9]{1,9}$/, "use 2 to 10 lower-case letters and digits, a letter first");

const keys = {
  protection: z
    .enum(["software", "hsm"])
    .describe("Where the material of every key lies. Settled when a key is made."),
  rotationDays: z.number().describe("Days after which new data is encrypted with a new version of a key."),
};

const gitHub = {
  ownerId: z.string().describe("Number of the repository's owner: gh api users/NAME --jq .id"),
  repository: z.string().describe("Repository, as acme/models."),
  branch: z.string().describe("Branch whose workflows publish, as main."),
};

const publishing = {
  members: z.array(z.string()).describe("Members that may publish, as group:... or serviceAccount:..."),
  gitHub: z
    .strictObject(gitHub)
    .optional()
    .describe(
      "Branch on GitHub whose workflows may publish. Default: none, and none through an enforced perimeter.",
    ),
};

const audit = {
  retentionDays: z.number().describe("Days for which the log bucket keeps the audit logs."),
  archiveDays: z
    .number()
    .optional()
    .describe("Days for which an archive keeps a copy of them. Default: no archive."),
  locked: z
    .boolean()
    .describe("Whether nobody can shorten either, or delete what is kept. This cannot be undone."),
};

const subnet = {
  nodes: z.number().describe("Machines that must fit."),
  podsPerNode: z.number().optional().describe("Pods that a node may run, where it is a cluster's."),
  services: z.number().optional().describe("Kubernetes services that must fit. Default: 4096."),
};

const flowLogs = {
  intervalSeconds: z
    .literal([5, 30, 60, 300, 600, 900])
    .optional()
    .describe("Seconds of a connection that make one record. Default: 5."),
  sampling: z.number().optional().describe("Part of the records that are kept. Default: all."),
};

const network = {
  cidr: z.string().describe("Addresses that all ranges are taken from."),
  subnets: z
    .record(z.string(), z.strictObject(subnet))
    .describe("Subnets by name. Append to them: what comes after one that is removed or grows is moved."),
  natAddresses: z
    .array(z.string())
    .optional()
    .describe("Names of static addresses that the internet sees. Default: Google chooses addresses."),
  privateServicesPrefix: z
    .number()
    .optional()
    .describe("Prefix of the range for services such as Cloud SQL. Default: no such services."),
  googleApisEndpoint: z
    .string()
    .optional()
    .describe("Address at which hosts on premises reach Google's APIs. Default: none."),
  flowLogs: z
    .strictObject(flowLogs)
    .optional()
    .describe("Which connections are logged. Default: every one, every 5 seconds."),
};

const limits = {
  onDemand: z.number().optional().describe("The most that run on demand. Default: what the project has."),
  spot: z.number().optional().describe("The most that run as Spot. Default: what the project has."),
};

const secret = {
  rotationDays: z.number().optional().describe("Days after which it is announced as due. Default: never."),
};

const quotas = {
  contactEmail: z
    .string()
    .optional()
    .describe("Who answers when Google asks about a limit. Default: nobody, where none is above 0."),
  accelerators: z
    .record(z.string(), z.strictObject(limits))
    .describe("The most accelerators that run, by kind."),
};

const budget = {
  billingAccount: z.string().describe("Billing account that pays for the project."),
  amount: z.number().describe("What may be spent in a period."),
  currency: z.string().optional().describe("Currency of the amount. Default: the billing account's."),
  period: z.enum(["month", "quarter", "year"]).optional().describe("Default: month."),
};

const perimeter = {
  accessPolicy: z.string().describe("Number of the organisation's access policy."),
  enforced: z
    .boolean()
    .describe("Whether what crosses the perimeter is refused; otherwise it is only logged."),
  deployers: z.array(z.string()).describe("Who deploys from outside, as serviceAccount:..."),
};

/** What an environment states about its foundation, beside its sizes and switches. */
export const foundationShape = {
  keys: z.strictObject(keys).describe("Keys of all that holds data."),
  dataClassification: z.enum(dataClassifications).describe("Kind of data that models are trained on."),
  publishing: z.strictObject(publishing).describe("Who publishes models and images."),
  audit: z.strictObject(audit).describe("How long it is kept who touched data and keys."),
  alertEmails: z.array(z.string()).describe("Mailboxes that alerts and word of the budget are sent to."),
  network: z.strictObject(network).describe("The network and its addresses."),
  secrets: z
    .record(z.string(), z.strictObject(secret))
    .describe("Secrets by name. Their values are added by hand."),
  quotas: z.strictObject(quotas).describe("Limits of what is dear."),
  budget: z.strictObject(budget).optional().describe("What the project may spend. Default: no budget."),
  perimeter: z
    .strictObject(perimeter)
    .optional()
    .describe("The perimeter around the project. Default: none, and none without an organisation."),
};

/** Sizes of what the foundation keeps. */
export const foundationSizes = {
  softDeleteDays: z.number().describe("Days during which deleted models can be restored."),
  olderVersionDays: z.number().describe("Days after which a model that was replaced is gone."),
  checkpointsKept: z.number().describe("Generations of a training run's checkpoints that stay."),
};

export const foundationSwitches = {
  deletionProtection: z.boolean().describe("Whether Terraform refuses to destroy what holds data."),
  organizationPolicies: z
    .boolean()
    .describe(
      "Whether organisation policies are set on the project, which takes a right on the organisation.",
    ),
};

/** What nobody finds fault with, in the place of what has a finding of its own. */
const faultless = {
  name: "env",
  project: "some-project",
  region: "europe-west4",
  cidr: "10.0.0.0/8",
  billingAccount: "012345-6789AB-CDEF01",
  amount: 1,
};

/** What the foundation's constructs would refuse, asked of their own checks. */
export function checkFoundation(environment: unknown): Finding[] {
  const { name = faultless.name, region } = fieldsOfType(
    { name: environmentName, region: z.string() },
    environment,
  );
  const { deletionProtection } = fieldsOfType(foundationSwitches, valueAt(environment, ["switches"]));
  const group = (key: string) => valueAt(environment, [key]);
  const { rotationDays } = fieldsOfType(keys, group("keys"));
  return [
    ...checkSizes(group("sizes")).map((finding) => under("sizes", finding)),
    ...(rotationDays === undefined ? [] : checkKeyRotation("keys.rotationDays", rotationDays)),
    ...checkPublishing(environment).map((finding) => under("publishing", finding)),
    ...checkAudit(fieldsOfType(audit, group("audit")), deletionProtection).map((finding) =>
      under("audit", finding),
    ),
    ...checkEach("alertEmails", group("alertEmails"), checkEmail),
    ...checkAlertCount(group("alertEmails"), group("budget")),
    ...checkNetwork(group("network"), name, region).map((finding) => under("network", finding)),
    ...entriesOf(group("secrets")).flatMap(([key, settings]) => checkSecret(name, key, settings)),
    ...checkQuotas(group("quotas"), region).map((finding) => under("quotas", finding)),
    ...checkBudget(fieldsOfType(budget, group("budget"))).map((finding) => under("budget", finding)),
    ...checkPerimeter(group("perimeter")).map((finding) => under("perimeter", finding)),
  ];
}

type Fields<Shape extends z.ZodRawShape> = Partial<z.output<z.ZodObject<Shape>>>;

function checkSizes(sizes: unknown): Finding[] {
  const { softDeleteDays, olderVersionDays, checkpointsKept } = fieldsOfType(foundationSizes, sizes);
  return [
    ...(softDeleteDays === undefined ? [] : checkSoftDelete("softDeleteDays", softDeleteDays)),
    ...checkFromOne("olderVersionDays", olderVersionDays),
    ...checkFromOne("checkpointsKept", checkpointsKept),
  ];
}

/** A budget has word of itself sent to a few channels only. */
function checkAlertCount(alertEmails: unknown, budget: unknown): Finding[] {
  if (budget === undefined || !Array.isArray(alertEmails) || alertEmails.length <= CHANNELS_MAX) return [];
  const remedy = `state at most ${CHANNELS_MAX}, those of groups, where there is a budget`;
  return [{ property: "alertEmails", received: alertEmails, remedy }];
}

function checkPublishing(environment: unknown): Finding[] {
  const settings = valueAt(environment, ["publishing"]);
  const branch = valueAt(settings, ["gitHub"]);
  const findings = [
    ...checkEach("members", valueAt(settings, ["members"]), checkMember),
    ...checkGitHub(branch),
  ];
  if (branch === undefined || valueAt(environment, ["perimeter", "enforced"]) !== true) return findings;
  const remedy =
    "leave it out, and name in publishing.members an account that the workflows run as: a perimeter cannot tell GitHub's exchange of tokens from anybody else's, and refuses it";
  return [...findings, { property: "gitHub", received: branch, remedy }];
}

function checkGitHub(settings: unknown): Finding[] {
  const { ownerId, repository, branch } = fieldsOfType(gitHub, settings);
  return [
    ...(ownerId === undefined ? [] : checkGitHubOwner("gitHub.ownerId", ownerId)),
    ...(repository === undefined || /^[\w-]+\/[\w.-]+$/.test(repository)
      ? []
      : [
          {
            property: "gitHub.repository",
            received: repository,
            remedy: "state owner and name, as acme/models",
          },
        ]),
    ...(branch === undefined || /^(?!refs\/)[^\s*?~^:\\@[]+$/.test(branch)
      ? []
      : [{ property: "gitHub.branch", received: branch, remedy: "name one branch, as main" }]),
  ];
}

function checkAudit(fields: Fields<typeof audit>, deletionProtection: boolean | undefined): Finding[] {
  const { retentionDays, archiveDays, locked } = fields;
  const lock =
    locked === undefined || deletionProtection === undefined
      ? []
      : checkAuditTrail({
          ...faultless,
          services: { allServices: {} },
          retentionDays: 1,
          locked,
          deletionProtection,
        });
  return [
    ...(retentionDays === undefined ? [] : checkLogRetention("retentionDays", retentionDays)),
    ...(archiveDays === undefined ? [] : checkArchiveDays(archiveDays)),
    ...lock.map(() => ({
      property: "locked",
      received: locked,
      remedy:
        "turn it off, or switches.deletionProtection on: Google deletes a locked log bucket only once it is empty, so that a destroy would fail half way",
    })),
  ];
}

/** What is read once a year at most is paid for so long, even if it is gone. */
function checkArchiveDays(days: number): Finding[] {
  const min = storageClassFor("yearly")?.minimumDays ?? 1;
  return checkDays("archiveDays", days, { min, max: bucketCatalog.retentionDaysMax });
}

function checkNetwork(settings: unknown, environment: string, region = faultless.region): Finding[] {
  const { cidr, natAddresses, privateServicesPrefix, googleApisEndpoint } = fieldsOfType(network, settings);
  const stated = entriesOf(valueAt(settings, ["subnets"]));
  const subnets = stated.flatMap(([name, size]) => {
    const { nodes, ...others } = fieldsOfType(subnet, size);
    return nodes === undefined ? [] : [[name, { nodes, ...others }] as const];
  });
  const findings = checkPrivateNetwork({
    name: `plinth-${environment}-network`,
    region,
    cidr: cidr ?? faultless.cidr,
    subnets: Object.fromEntries(subnets),
    nat: { addresses: natAddresses },
    privateServices: privateServicesPrefix,
    flowLogs: fieldsOfType(flowLogs, valueAt(settings, ["flowLogs"])),
  });
  const judgedElsewhere = [
    "name",
    "region",
    ...(cidr === undefined ? ["cidr"] : []),
    // Of those that are stated none has its type.
    ...(stated.length > 0 && subnets.length === 0 ? ["subnets"] : []),
  ];
  return [
    ...findings
      .filter(({ property }) => !judgedElsewhere.includes(property))
      .map((finding) => ({
        ...finding,
        property: finding.property
          .replace(/^privateServices$/, "privateServicesPrefix")
          .replace(/^nat\.addresses/, "natAddresses"),
      })),
    ...(googleApisEndpoint === undefined || cidr === undefined
      ? []
      : checkApisAddress(
          "googleApisEndpoint",
          googleApisEndpoint,
          planNetwork({
            cidr,
            subnets: Object.fromEntries(subnets),
            privateServices: privateServicesPrefix,
          }).addresses,
        )),
  ];
}

function checkSecret(environment: string, name: string, settings: unknown): Finding[] {
  const { rotationDays } = fieldsOfType(secret, settings);
  const property = `secrets.${name}`;
  const full = `plinth-${environment}-${name}`;
  const faults = checkName("secret", property, name);
  return [
    ...(faults.length > 0 || checkName("secret", property, full).length === 0
      ? faults
      : [{ property, received: name, remedy: `use a shorter name: it becomes ${full}` }]),
    ...(rotationDays === undefined ? [] : checkSecretRotation(`${property}.rotationDays`, rotationDays)),
  ];
}

function checkQuotas(settings: unknown, region = faultless.region): Finding[] {
  const { contactEmail } = fieldsOfType(quotas, settings);
  const findings = entriesOf(valueAt(settings, ["accelerators"])).flatMap(([accelerator, stated]) => {
    const known = Object.entries(fieldsOfType(limits, stated));
    if (typeof stated === "object" && stated !== null && Object.keys(stated).length === 0)
      return [
        {
          property: `accelerators.${accelerator}`,
          received: stated,
          remedy: `state ${Object.keys(limits).join(" or ")}, or leave it out: without either nothing is limited`,
        },
      ];
    // Whatever is wrong with the limits, the accelerator can be judged.
    return (known.length > 0 ? known : [["onDemand", 0] as const]).flatMap(([kind, limit]) =>
      checkAcceleratorQuota({
        ...faultless,
        accelerator,
        limit,
        spot: kind === "spot",
        contactEmail,
        region: acceleratorQuotaCatalog.accelerators[accelerator]?.perRegion === false ? undefined : region,
      })
        .filter(({ property }) => property !== "region")
        .map(({ property, received, remedy }) => ({
          property: quotaProperty(property, accelerator, kind),
          received: property === "spot" ? limit : received,
          remedy,
        })),
    );
  });
  // Whoever is to answer is to answer for all of them.
  return findings.filter(
    ({ property }, index) => findings.findIndex((other) => other.property === property) === index,
  );
}

function quotaProperty(property: string, accelerator: string, kind: string): string {
  if (property === "contactEmail") return property;
  const stated = `accelerators.${accelerator}`;
  return property === "accelerator" ? stated : `${stated}.${kind}`;
}

function checkBudget(stated: Fields<typeof budget>): Finding[] {
  return checkProjectBudget({ ...faultless, ...stated });
}

function checkPerimeter(settings: unknown): Finding[] {
  const { accessPolicy, enforced, deployers } = fieldsOfType(perimeter, settings);
  return [
    ...(accessPolicy === undefined
      ? []
      : checkServicePerimeter({ name: faultless.name, accessPolicy, projects: [faultless.project] })),
    ...checkEach("deployers", valueAt(settings, ["deployers"]), (property, member) => [
      ...checkMember(property, member),
      ...checkPerimeterIdentity(property, member),
    ]),
    ...(enforced && deployers?.length === 0
      ? [
          {
            property: "deployers",
            received: deployers,
            remedy: "name whoever deploys: the perimeter would refuse every later deployment",
          },
        ]
      : []),
  ];
}

/** Findings on each text of a list, of which none may be there twice. What is no text has a finding of the schema's. */
export function checkEach(
  property: string,
  texts: unknown,
  check: (property: string, text: string) => Finding[],
): Finding[] {
  if (!Array.isArray(texts)) return [];
  return texts.flatMap((text: unknown, index) => {
    const at = `${property}[${index}]`;
    if (typeof text !== "string") return [];
    if (texts.indexOf(text) !== index) return [{ property: at, received: text, remedy: "state each once" }];
    return check(at, text);
  });
}
