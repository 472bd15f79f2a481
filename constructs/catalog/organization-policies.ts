const CONSTRAINTS =
  "https://cloud.google.com/resource-manager/docs/organization-policy/org-policy-constraints";

/** One thing that Google can be made to refuse, whoever asks for it. */
export interface OrganizationPolicyRow {
  /** Whether it is on or off, or says which values are allowed, or which are denied. */
  readonly kind: "boolean" | "allow" | "deny";
  readonly constraint: string;
  /**
   * Google's newer form of the same constraint, always boolean. Only these can be tried before they are enforced:
   * https://cloud.google.com/resource-manager/docs/organization-policy/dry-run-policy#limitations
   */
  readonly managed?: string;
  /** Whether it has an effect when it is set on a project. */
  readonly onProject: boolean;
  readonly why: string;
  readonly source: string;
}

/** The policies that OrganizationPolicies can set, by the name of the option that sets them. */
export const organizationPolicyCatalog = {
  asOf: "2026-11-21",
  source: CONSTRAINTS,

  policies: {
    locations: {
      kind: "allow",
      constraint: "gcp.resourceLocations",
      onProject: true,
      why: "Data stays where the law that protects it holds",
      source: "https://cloud.google.com/resource-manager/docs/organization-policy/defining-locations",
    },
    cmekServices: {
      kind: "deny",
      constraint: "gcp.restrictNonCmekServices",
      onProject: true,
      why: "Nothing is created that lacks a key of one's own, by whatever way it is created",
      source: "https://cloud.google.com/kms/docs/cmek-org-policy",
    },
    keyProjects: {
      kind: "allow",
      constraint: "gcp.restrictCmekCryptoKeyProjects",
      onProject: true,
      why: "A key in somebody else's project is theirs to disable",
      source: "https://cloud.google.com/kms/docs/cmek-org-policy",
    },
    publicAccessPrevention: {
      kind: "boolean",
      constraint: "storage.publicAccessPrevention",
      onProject: true,
      why: "No bucket is opened to everybody, existing ones included",
      source: "https://cloud.google.com/storage/docs/public-access-prevention",
    },
    uniformBucketAccess: {
      kind: "boolean",
      constraint: "storage.uniformBucketLevelAccess",
      onProject: true,
      why: "Who can read an object is said by IAM alone, and so can be audited",
      source: "https://cloud.google.com/storage/docs/uniform-bucket-level-access",
    },
    noServiceAccountKeys: {
      kind: "boolean",
      constraint: "iam.disableServiceAccountKeyCreation",
      managed: "iam.managed.disableServiceAccountKeyCreation",
      onProject: true,
      why: "A key does not expire and is good from anywhere",
      source:
        "https://cloud.google.com/resource-manager/docs/organization-policy/restricting-service-accounts",
    },
    noServiceAccountKeyUploads: {
      kind: "boolean",
      constraint: "iam.disableServiceAccountKeyUpload",
      managed: "iam.managed.disableServiceAccountKeyUpload",
      onProject: true,
      why: "An uploaded key was made where nobody can say who has a copy",
      source:
        "https://cloud.google.com/resource-manager/docs/organization-policy/restricting-service-accounts",
    },
    noServiceAccountApiKeys: {
      kind: "boolean",
      constraint: "iam.managed.disableServiceAccountApiKeyCreation",
      managed: "iam.managed.disableServiceAccountApiKeyCreation",
      onProject: true,
      why: "An API key that is bound to a service account is a key of that account",
      source: CONSTRAINTS,
    },
    noDefaultServiceAccountGrants: {
      kind: "boolean",
      constraint: "iam.automaticIamGrantsForDefaultServiceAccounts",
      onProject: true,
      why: "Default service accounts are made editors of their project otherwise",
      source:
        "https://cloud.google.com/resource-manager/docs/organization-policy/restricting-service-accounts",
    },
    noBasicRolesForDefaultServiceAccounts: {
      kind: "boolean",
      constraint: "iam.managed.preventPrivilegedBasicRolesForDefaultServiceAccounts",
      managed: "iam.managed.preventPrivilegedBasicRolesForDefaultServiceAccounts",
      onProject: true,
      why: "Nor can anybody make them editors or owners later",
      source: CONSTRAINTS,
    },
    shieldedVms: {
      kind: "boolean",
      constraint: "compute.requireShieldedVm",
      onProject: true,
      why: "A machine proves that it booted what its image holds",
      source: "https://cloud.google.com/compute/shielded-vm/docs/shielded-vm",
    },
    noExternalIps: {
      kind: "deny",
      constraint: "compute.vmExternalIpAccess",
      managed: "compute.managed.vmExternalIpAccess",
      onProject: true,
      why: "No machine can be reached from the internet, nor reach it but through Cloud NAT",
      source:
        "https://cloud.google.com/compute/docs/ip-addresses/configure-static-external-ip-address#disableexternalip",
    },
    noDefaultNetwork: {
      kind: "boolean",
      constraint: "compute.skipDefaultNetworkCreation",
      // It acts while a project is created.
      onProject: false,
      why: "The default network lets SSH in from anywhere",
      source: CONSTRAINTS,
    },
    osLogin: {
      kind: "boolean",
      constraint: "compute.requireOsLogin",
      // Its managed form does not set a machine's metadata but refuses the machine that lacks it: another thing.
      onProject: true,
      why: "Who may log in to a machine is said by IAM, not by keys in its metadata",
      source: "https://cloud.google.com/compute/docs/oslogin/manage-oslogin-in-an-org",
    },
    noSerialPort: {
      kind: "boolean",
      constraint: "compute.disableSerialPortAccess",
      managed: "compute.managed.disableSerialPortAccess",
      onProject: true,
      why: "The serial console is a way in that no firewall sees",
      source: "https://cloud.google.com/compute/docs/troubleshooting/troubleshooting-using-serial-console",
    },
  } as const satisfies Readonly<Record<string, OrganizationPolicyRow>>,

  /**
   * Groups of locations that Google keeps up to date. Each region is a group too.
   * https://cloud.google.com/resource-manager/docs/organization-policy/defining-locations
   */
  locationGroups: ["asia", "australia", "canada", "eu", "europe", "northamerica", "southamerica", "us"].map(
    (name) => `${name}-locations`,
  ),

  /** Locations of more than one region, which no group of regions includes by name. */
  multiRegions: ["asia", "eu", "europe", "global", "us"],

  /**
   * Services of which a key can be required, those that policies are known to name; Google adds to them:
   * https://cloud.google.com/kms/docs/cmek-org-policy#supported-services
   */
  cmekServices: [
    "aiplatform.googleapis.com",
    "alloydb.googleapis.com",
    "artifactregistry.googleapis.com",
    "bigquery.googleapis.com",
    "bigtable.googleapis.com",
    "cloudfunctions.googleapis.com",
    "composer.googleapis.com",
    "compute.googleapis.com",
    "container.googleapis.com",
    "dataflow.googleapis.com",
    "dataproc.googleapis.com",
    "documentai.googleapis.com",
    "file.googleapis.com",
    "logging.googleapis.com",
    "pubsub.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
    "spanner.googleapis.com",
    "sqladmin.googleapis.com",
    "storage.googleapis.com",
  ],
};

/** A policy, by the option of OrganizationPolicies that sets it. */
export type OrganizationPolicy = keyof typeof organizationPolicyCatalog.policies;
