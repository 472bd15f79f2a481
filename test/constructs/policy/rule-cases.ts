import { type KeyArgument, keyArguments } from "../../../constructs/catalog/key-arguments";
import type { PolicyPack } from "../../../constructs/policy/packs";
import { atApply, type Declared } from "../../support/declared-resource";

/** What a rule says of resources: nothing, or what property it objects to. */
export interface RuleCase {
  readonly rule: string;
  readonly outcome: "passes" | "fails" | "is unresolved";
  readonly when: string;
  readonly resources: Declared;
  readonly property?: string;
  readonly packs?: readonly PolicyPack[];
}

type Fields = Readonly<Record<string, unknown>>;
type Line = readonly [when: string, fields: Fields | Declared, property?: string];

const KEY = "projects/p/locations/europe-west4/keyRings/r/cryptoKeys/k";

/** Cases of a rule about one type; a line whose resources are listed is about several. */
function casesOf(
  rule: string,
  type: string,
  lines: { readonly passes: Line[]; readonly fails: Line[]; readonly unresolved: Line[] },
  packs: readonly PolicyPack[] = [],
): RuleCase[] {
  const outcomes = { passes: "passes", fails: "fails", unresolved: "is unresolved" } as const;
  return Object.entries(outcomes).flatMap(([kind, outcome]) =>
    lines[kind as keyof typeof lines].map(([when, fields, property]) => ({
      rule,
      outcome,
      when: `${type} ${when}`,
      resources: Array.isArray(fields) ? (fields as Declared) : [[type, fields as Fields] as const],
      property,
      packs,
    })),
  );
}

/** `a.b.c` and a value as the blocks that state it. */
function nested(path: string, value: unknown): Fields {
  const [key, ...rest] = path.split(".");
  return { [key]: rest.length === 0 ? value : [nested(rest.join("."), value)] };
}

function pathOf({ within, argument }: KeyArgument): string {
  return within === undefined ? argument : `${within}.${argument}`;
}

/** Fields that keep every other key argument of the type out of the way. */
function withKeys(type: string, argument: string, value: unknown): Fields {
  const merge = (left: Fields, right: Fields): Fields => {
    const merged: Record<string, unknown> = { ...left };
    for (const [key, field] of Object.entries(right))
      merged[key] =
        Array.isArray(merged[key]) && Array.isArray(field) ? [merge(merged[key][0], field[0])] : field;
    return merged;
  };
  return keyArguments.types[type]
    .map((each) => nested(pathOf(each), pathOf(each) === argument ? value : KEY))
    .reduce(merge, {});
}

const ownKey = Object.entries(keyArguments.types).flatMap(([type, named]) =>
  named.map(pathOf).flatMap((argument) =>
    casesOf("own-key", type, {
      passes: [
        [`with a key in ${argument}`, withKeys(type, argument, KEY)],
        [
          `with a key of the same stack in ${argument}`,
          withKeys(type, argument, atApply("google_kms_crypto_key_iam_member.Grant.crypto_key_id")),
        ],
      ],
      fails: [[`without ${argument}`, withKeys(type, argument, undefined), argument]],
      unresolved: [
        [`with a variable for ${argument}`, withKeys(type, argument, atApply("var.key")), argument],
      ],
    }),
  ),
);

const secrets = casesOf("own-key", "google_secret_manager_secret", {
  passes: [
    [
      "whose replicas have keys each",
      {
        replication: {
          user_managed: {
            replicas: [
              { location: "europe-west4", customer_managed_encryption: { kms_key_name: KEY } },
              { location: "europe-west1", customer_managed_encryption: { kms_key_name: KEY } },
            ],
          },
        },
      },
    ],
    [
      "that is replicated anywhere with a key",
      { replication: { auto: { customer_managed_encryption: { kms_key_name: KEY } } } },
    ],
  ],
  fails: [
    [
      "that names something else",
      { replication: { auto: { customer_managed_encryption: { kms_key_name: "a-bucket" } } } },
      "replication.auto.customer_managed_encryption.kms_key_name",
    ],
    [
      "of which one replica has none",
      {
        replication: {
          user_managed: {
            replicas: [
              { location: "europe-west4", customer_managed_encryption: { kms_key_name: KEY } },
              { location: "europe-west1" },
            ],
          },
        },
      },
      "replication.user_managed.replicas[1].customer_managed_encryption.kms_key_name",
    ],
    [
      "that is replicated anywhere without",
      { replication: { auto: {} } },
      "replication.auto.customer_managed_encryption.kms_key_name",
    ],
  ],
  unresolved: [
    [
      "whose replicas Terraform generates",
      {
        replication: {
          user_managed: { dynamic: { replicas: { for_each: atApply("var.replicas"), content: {} } } },
        },
      },
      "replication.user_managed.replicas.customer_managed_encryption.kms_key_name",
    ],
  ],
});

const roles = [
  ...casesOf("no-primitive-roles", "google_project_iam_member", {
    passes: [
      ["of a predefined role", { role: "roles/storage.objectViewer", member: "group:a@acme.example" }],
    ],
    fails: [["of editor", { role: "roles/editor", member: "group:a@acme.example" }, "role"]],
    unresolved: [
      ["of a variable role", { role: atApply("var.role"), member: "group:a@acme.example" }, "role"],
    ],
  }),
  ...casesOf("no-primitive-roles", "google_project_iam_policy", {
    passes: [["in JSON", { policy_data: '{"bindings":[{"role":"roles/run.invoker","members":[]}]}' }]],
    fails: [
      [
        "in JSON with owner",
        { policy_data: '{"bindings":[{"role":"roles/run.invoker"},{"role":"roles/owner"}]}' },
        "policy_data.bindings[1].role",
      ],
    ],
    unresolved: [["of another module", { policy_data: atApply("module.iam.policy") }, "policy_data"]],
  }),
  ...casesOf("no-primitive-roles", "google_folder_iam_binding", {
    passes: [],
    fails: [["of the new owner", { role: "roles/admin", members: ["group:a@acme.example"] }, "role"]],
    unresolved: [],
  }),
  ...casesOf("no-primitive-roles", "google_privileged_access_manager_entitlement", {
    passes: [],
    fails: [
      [
        "to ownership for some hours",
        { privileged_access: { gcp_iam_access: { role_bindings: [{ role: "roles/owner" }] } } },
        "privileged_access.gcp_iam_access.role_bindings.role",
      ],
    ],
    unresolved: [],
  }),
];

const members = [
  ...casesOf("no-public-members", "google_storage_bucket_iam_member", {
    passes: [
      ["for a group", { member: "group:a@acme.example" }],
      ["for an account of the stack", { member: atApply("google_service_account.a.member") }],
      [
        "for an account by its address",
        { member: `serviceAccount:${atApply("google_service_account.a.email")}` },
      ],
    ],
    fails: [
      ["for everybody", { member: "allUsers" }, "member"],
      ["for everybody with an account", { member: "allAuthenticatedUsers" }, "member"],
    ],
    unresolved: [["for a variable", { member: atApply("var.member") }, "member"]],
  }),
  ...casesOf("no-public-members", "google_storage_bucket_iam_binding", {
    passes: [["for a group", { members: ["group:a@acme.example"] }]],
    fails: [["for everybody too", { members: ["group:a@acme.example", "allUsers"] }, "members[1]"]],
    unresolved: [["for a variable list", { members: atApply("var.members") }, "members"]],
  }),
  ...casesOf("no-public-members", "google_project_iam_member", {
    passes: [["for a project's viewers", { member: `projectViewer:${atApply("var.project")}` }]],
    fails: [["for everybody in small letters", { member: "allusers" }, "member"]],
    unresolved: [],
  }),
  ...casesOf("no-public-members", "google_storage_bucket_acl", {
    passes: [
      ["for a group", { role_entity: ["READER:group-a@acme.example", "OWNER:project-owners-1"] }],
      ["that Google has ready for a project", { predefined_acl: "projectPrivate" }],
      ["for a group that a variable names", { role_entity: [`READER:group-${atApply("var.group")}`] }],
    ],
    fails: [
      ["for everybody", { role_entity: ["OWNER:project-owners-1", "READER:allUsers"] }, "role_entity[1]"],
      ["that is public", { predefined_acl: "publicRead" }, "predefined_acl"],
      ["whose objects are public", { default_acl: "authenticatedRead" }, "default_acl"],
    ],
    unresolved: [["of a variable", { role_entity: atApply("var.x") }, "role_entity"]],
  }),
  ...casesOf("no-public-members", "google_storage_default_object_acl", {
    passes: [],
    fails: [["for everybody", { role_entity: ["READER:allAuthenticatedUsers"] }, "role_entity"]],
    unresolved: [],
  }),
  ...casesOf("no-public-members", "google_storage_object_access_control", {
    passes: [["for a group", { entity: "group-a@acme.example", role: "READER" }]],
    fails: [["for everybody", { entity: "allUsers", role: "READER" }, "entity"]],
    unresolved: [],
  }),
  ...casesOf("no-public-members", "google_bigquery_dataset", {
    passes: [
      ["that leaves access to grants", {}],
      ["for its owners", { access: [{ role: "OWNER", special_group: "projectOwners" }] }],
    ],
    fails: [
      [
        "for everybody with an account",
        { access: [{ special_group: "projectOwners" }, { special_group: "allAuthenticatedUsers" }] },
        "access[1].special_group",
      ],
      ["for everybody", { access: [{ role: "READER", iam_member: "allUsers" }] }, "access.iam_member"],
    ],
    unresolved: [
      [
        "with generated access",
        { dynamic: { access: { for_each: atApply("var.x"), content: {} } } },
        "access.special_group",
      ],
    ],
  }),
  ...casesOf("no-public-members", "google_bigquery_dataset_access", {
    passes: [["for a group", { group_by_email: "a@acme.example" }]],
    fails: [["for everybody", { iam_member: "allUsers" }, "iam_member"]],
    unresolved: [],
  }),
];

const subnet = { ip_cidr_range: "10.0.0.0/24", region: "europe-west4" };
const sql = (configuration: Fields) => ({ settings: { ip_configuration: configuration } });
const versioned = { versioning: { enabled: true } };
const personal = { labels: { "data-classification": "personal" } };
const endsVersions = { action: { type: "Delete" }, condition: { days_since_noncurrent_time: 30 } };
const limitsVersions = { action: { type: "Delete" }, condition: { num_newer_versions: 3 } };

const audited = (...logTypes: string[]): Declared[number] => [
  "google_project_iam_audit_config",
  { service: "storage.googleapis.com", audit_log_config: logTypes.map((log_type) => ({ log_type })) },
];

const retention = (rule: string, packs: readonly PolicyPack[], days: number) =>
  casesOf(
    rule,
    "google_logging_project_bucket_config",
    {
      passes: [
        [`for ${days} days`, { retention_days: days }],
        [
          `beside an archive for ${days} days`,
          [
            ["google_logging_project_bucket_config", { retention_days: 30 }],
            [
              "google_storage_bucket",
              { name: "archive", retention_policy: { retention_period: days * 86_400 } },
            ],
            ["google_logging_project_sink", { destination: "storage.googleapis.com/archive" }],
          ],
        ],
      ],
      fails: [
        [`for ${days - 1} days`, { retention_days: days - 1 }, "retention_days"],
        ["for Google's default", {}, "retention_days"],
        ["that is missing", [audited("DATA_READ", "DATA_WRITE")], "log bucket"],
        ["or data alone, of which nothing keeps records", [["google_storage_bucket", {}]], "log bucket"],
      ],
      unresolved: [["for a variable", { retention_days: atApply("var.days") }, "retention_days"]],
    },
    packs,
  );

const disks = [
  ...casesOf("own-key", "google_compute_instance_template", {
    passes: [
      [
        "whose other disks exist or are local",
        {
          disk: [
            { disk_encryption_key: { kms_key_self_link: KEY } },
            { source: "existing" },
            { type: "SCRATCH", disk_type: "local-ssd" },
          ],
        },
      ],
    ],
    fails: [
      [
        "whose second disk has no key",
        { disk: [{ disk_encryption_key: { kms_key_self_link: KEY } }, { type: "PERSISTENT" }] },
        "disk[1].disk_encryption_key.kms_key_self_link",
      ],
    ],
    unresolved: [
      ["whose disks are generated", { disk: atApply("var.x") }, "disk.disk_encryption_key.kms_key_self_link"],
    ],
  }),
  ...casesOf("own-key", "google_spanner_database", {
    passes: [["with a key per region", { encryption_config: { kms_key_names: [KEY] } }]],
    fails: [],
    unresolved: [],
  }),
  ...casesOf("own-key", "google_container_cluster", {
    passes: [
      [
        "without nodes of its own",
        { database_encryption: { key_name: KEY }, remove_default_node_pool: true },
      ],
    ],
    fails: [
      [
        "that names a key and does not use it",
        {
          database_encryption: { key_name: KEY, state: "DECRYPTED" },
          remove_default_node_pool: true,
        },
        "database_encryption.state",
      ],
      [
        "that says it has nodes of its own",
        { database_encryption: { key_name: KEY }, remove_default_node_pool: false },
        "node_config.boot_disk_kms_key",
      ],
    ],
    unresolved: [
      [
        "of which nobody knows whether it has nodes",
        { database_encryption: { key_name: KEY }, remove_default_node_pool: atApply("var.x") },
        "remove_default_node_pool",
      ],
    ],
  }),
];

/** At least a passing, a failing and an unresolved case of every rule. */
export const ruleCases: readonly RuleCase[] = [
  ...ownKey,
  ...secrets,
  ...disks,
  ...roles,
  ...members,
  ...casesOf("bucket-uniform-access", "google_storage_bucket", {
    passes: [["with it", { uniform_bucket_level_access: true }]],
    fails: [
      ["without", {}, "uniform_bucket_level_access"],
      ["with it off", { uniform_bucket_level_access: false }, "uniform_bucket_level_access"],
    ],
    unresolved: [
      ["of a variable", { uniform_bucket_level_access: atApply("var.x") }, "uniform_bucket_level_access"],
    ],
  }),
  ...casesOf("bucket-not-public", "google_storage_bucket", {
    passes: [["that enforces it", { public_access_prevention: "enforced" }]],
    fails: [["that inherits it", { public_access_prevention: "inherited" }, "public_access_prevention"]],
    unresolved: [
      ["of a variable", { public_access_prevention: atApply("var.x") }, "public_access_prevention"],
    ],
  }),
  ...casesOf("bucket-recoverable", "google_storage_bucket", {
    passes: [
      ["with versions", versioned],
      ["with retention", { retention_policy: { retention_period: 86_400 } }],
      ["with soft delete", { soft_delete_policy: { retention_duration_seconds: 604_800 } }],
    ],
    fails: [
      ["with none of them", { versioning: { enabled: false } }, "versioning.enabled"],
      [
        "that turns soft delete off",
        { soft_delete_policy: { retention_duration_seconds: 0 } },
        "versioning.enabled",
      ],
    ],
    unresolved: [["of a variable", { versioning: { enabled: atApply("var.x") } }, "versioning.enabled"]],
  }),
  ...casesOf("data-access-audited", "google_storage_bucket", {
    passes: [
      [
        "whose reads and writes are logged",
        [["google_storage_bucket", {}], audited("DATA_READ", "DATA_WRITE")],
      ],
    ],
    fails: [
      ["without logs", {}, "audit configuration of storage.googleapis.com"],
      [
        "or a secret without logs",
        [["google_secret_manager_secret", {}], audited("DATA_READ", "DATA_WRITE")],
        "audit configuration of secretmanager.googleapis.com",
      ],
      [
        "whose writes are not logged",
        [["google_storage_bucket", {}], audited("DATA_READ")],
        "audit configuration of storage.googleapis.com",
      ],
    ],
    unresolved: [
      [
        "whose logs are a variable",
        [["google_storage_bucket", {}], audited(atApply("var.type"))],
        "audit configuration of storage.googleapis.com",
      ],
    ],
  }),
  ...casesOf("firewall-not-open", "google_compute_firewall", {
    passes: [
      ["from one range", { allow: [{ protocol: "tcp" }], source_ranges: ["10.0.0.0/8"] }],
      ["from a tag", { allow: [{ protocol: "tcp" }], source_tags: ["web"] }],
      ["that denies", { deny: [{ protocol: "all" }], source_ranges: ["0.0.0.0/0"] }],
      [
        "on the way out",
        { direction: "EGRESS", allow: [{ protocol: "tcp" }], destination_ranges: ["0.0.0.0/0"] },
      ],
    ],
    fails: [
      [
        "from everywhere",
        { allow: [{ protocol: "tcp" }], source_ranges: ["10.0.0.0/8", "0.0.0.0/0"] },
        "source_ranges[1]",
      ],
      ["from everywhere in IPv6", { allow: [{ protocol: "tcp" }], source_ranges: ["::/0"] }, "source_ranges"],
      ["from nowhere stated", { allow: [{ protocol: "tcp" }] }, "source_ranges"],
      [
        "from both halves of everywhere",
        { allow: [{ protocol: "tcp" }], source_ranges: ["0.0.0.0/1", "128.0.0.0/1"] },
        "source_ranges[0]",
      ],
    ],
    unresolved: [
      [
        "from everywhere, in a direction of a variable",
        { direction: atApply("var.x"), allow: [{ protocol: "tcp" }], source_ranges: ["0.0.0.0/0"] },
        "direction",
      ],
      [
        "from everywhere, where a variable turns it off",
        { disabled: atApply("var.x"), allow: [{ protocol: "tcp" }], source_ranges: ["0.0.0.0/0"] },
        "disabled",
      ],
      [
        "from a variable",
        { allow: [{ protocol: "tcp" }], source_ranges: [atApply("var.x")] },
        "source_ranges",
      ],
    ],
  }),
  ...casesOf("firewall-not-open", "google_compute_network_firewall_policy_rule", {
    passes: [
      ["that denies", { action: "deny", match: { src_ip_ranges: ["0.0.0.0/0"] } }],
      ["that leaves it to others", { action: "goto_next", match: { src_ip_ranges: ["0.0.0.0/0"] } }],
      ["from a secure tag", { action: "allow", match: { src_secure_tags: [{ name: "tagValues/1" }] } }],
      ["from what Google uses itself", { action: "allow", match: { src_ip_ranges: ["240.0.0.0/4"] } }],
    ],
    fails: [
      ["from nowhere stated", { action: "allow", match: { layer4_configs: [] } }, "match.src_ip_ranges"],
      ["that allows", { action: "allow", match: { src_ip_ranges: ["0.0.0.0/0"] } }, "match.src_ip_ranges"],
    ],
    unresolved: [
      [
        "of a variable",
        { action: "allow", match: { src_ip_ranges: atApply("var.x") } },
        "match.src_ip_ranges",
      ],
    ],
  }),
  ...casesOf("firewall-not-open", "google_compute_network_firewall_policy_with_rules", {
    passes: [
      [
        "whose rule lets out",
        { rule: [{ direction: "EGRESS", action: "allow", match: { dest_ip_ranges: ["0.0.0.0/0"] } }] },
      ],
    ],
    fails: [
      [
        "whose second rule is open",
        {
          rule: [
            { action: "deny", match: { src_ip_ranges: ["0.0.0.0/0"] } },
            { action: "allow", match: { src_ip_ranges: ["::/0"] } },
          ],
        },
        "rule[1].match.src_ip_ranges",
      ],
    ],
    unresolved: [
      [
        "with generated rules",
        { dynamic: { rule: { for_each: atApply("var.x"), content: {} } } },
        "rule.match.src_ip_ranges",
      ],
    ],
  }),
  ...casesOf(
    "firewall-names-ports",
    "google_compute_network_firewall_policy_rule",
    {
      passes: [
        [
          "for one port",
          {
            action: "allow",
            match: {
              src_ip_ranges: ["10.0.0.0/8"],
              layer4_configs: [{ ip_protocol: "tcp", ports: ["443"] }],
            },
          },
        ],
      ],
      fails: [
        [
          "for all",
          {
            action: "allow",
            match: { src_ip_ranges: ["10.0.0.0/8"], layer4_configs: [{ ip_protocol: "all" }] },
          },
          "match.layer4_configs.ip_protocol",
        ],
      ],
      unresolved: [],
    },
    ["pci-dss"],
  ),
  ...casesOf(
    "firewall-names-ports",
    "google_compute_firewall",
    {
      passes: [
        ["for one protocol", { allow: [{ protocol: "tcp", ports: ["443"] }], source_tags: ["web"] }],
        ["for one without ports", { allow: [{ protocol: "icmp" }], source_tags: ["web"] }],
      ],
      fails: [
        ["for all", { allow: [{ protocol: "all" }], source_tags: ["web"] }, "allow.protocol"],
        ["for all in capitals", { allow: [{ protocol: "ALL" }], source_tags: ["web"] }, "allow.protocol"],
        ["for all ports", { allow: [{ protocol: "tcp" }], source_tags: ["web"] }, "allow.ports"],
        [
          "for all ports, in words",
          { allow: [{ protocol: "tcp", ports: ["0-65535"] }], source_tags: ["web"] },
          "allow.ports",
        ],
      ],
      unresolved: [
        [
          "of a variable",
          { allow: [{ protocol: atApply("var.x") }], source_tags: ["web"] },
          "allow.protocol",
        ],
      ],
    },
    ["pci-dss"],
  ),
  ...casesOf("gke-private-control-plane", "google_container_cluster", {
    passes: [
      [
        "that is reached by its name alone",
        { control_plane_endpoints_config: { ip_endpoints_config: { enabled: false } } },
      ],
      [
        "with an address in its network only",
        {
          control_plane_endpoints_config: { ip_endpoints_config: { enabled: atApply("var.x") } },
          private_cluster_config: { enable_private_endpoint: true },
        },
      ],
    ],
    fails: [
      ["by default", {}, "private_cluster_config.enable_private_endpoint"],
      [
        "with a name beside its address",
        {
          control_plane_endpoints_config: {
            dns_endpoint_config: { allow_external_traffic: true },
            ip_endpoints_config: { enabled: true },
          },
          private_cluster_config: { enable_private_nodes: true },
        },
        "private_cluster_config.enable_private_endpoint",
      ],
    ],
    unresolved: [
      [
        "whose addresses are a variable",
        { control_plane_endpoints_config: { ip_endpoints_config: { enabled: atApply("var.x") } } },
        "control_plane_endpoints_config.ip_endpoints_config.enabled",
      ],
      [
        "whose endpoint is a variable",
        { private_cluster_config: { enable_private_endpoint: atApply("var.x") } },
        "private_cluster_config.enable_private_endpoint",
      ],
    ],
  }),
  ...casesOf("gke-no-legacy-access", "google_container_cluster", {
    passes: [
      ["by default", {}],
      [
        "that turns it off",
        {
          enable_legacy_abac: false,
          master_auth: { client_certificate_config: { issue_client_certificate: false } },
        },
      ],
    ],
    fails: [
      ["with legacy authorization", { enable_legacy_abac: true }, "enable_legacy_abac"],
      [
        "with a client certificate",
        { master_auth: { client_certificate_config: { issue_client_certificate: true } } },
        "master_auth.client_certificate_config.issue_client_certificate",
      ],
    ],
    unresolved: [["of a variable", { enable_legacy_abac: atApply("var.x") }, "enable_legacy_abac"]],
  }),
  ...casesOf("gke-network-policy", "google_container_cluster", {
    passes: [
      ["with Dataplane V2", { datapath_provider: "ADVANCED_DATAPATH" }],
      ["with Calico", { network_policy: { enabled: true, provider: "CALICO" } }],
      ["on Autopilot", { enable_autopilot: true }],
    ],
    fails: [
      ["by default", {}, "datapath_provider"],
      [
        "with the old dataplane alone",
        { datapath_provider: "LEGACY_DATAPATH", network_policy: { enabled: false } },
        "datapath_provider",
      ],
    ],
    unresolved: [["of a variable", { datapath_provider: atApply("var.x") }, "datapath_provider"]],
  }),
  ...casesOf("gke-admitted-images", "google_container_cluster", {
    passes: [
      ["with a policy", { binary_authorization: { evaluation_mode: "PROJECT_SINGLETON_POLICY_ENFORCE" } }],
    ],
    fails: [
      ["by default", {}, "binary_authorization.evaluation_mode"],
      [
        "that turns it off",
        { binary_authorization: { evaluation_mode: "DISABLED" } },
        "binary_authorization.evaluation_mode",
      ],
    ],
    unresolved: [
      [
        "of a variable",
        { binary_authorization: { evaluation_mode: atApply("var.x") } },
        "binary_authorization.evaluation_mode",
      ],
    ],
  }),
  ...casesOf("gke-private-nodes", "google_container_cluster", {
    passes: [["with private nodes", { private_cluster_config: { enable_private_nodes: true } }]],
    fails: [["without", {}, "private_cluster_config.enable_private_nodes"]],
    unresolved: [
      [
        "of a variable",
        { private_cluster_config: { enable_private_nodes: atApply("var.x") } },
        "private_cluster_config.enable_private_nodes",
      ],
    ],
  }),
  ...casesOf("gke-private-nodes", "google_container_node_pool", {
    passes: [["that leaves it to its cluster", {}]],
    fails: [
      [
        "with external addresses",
        { network_config: { enable_private_nodes: false } },
        "network_config.enable_private_nodes",
      ],
    ],
    unresolved: [],
  }),
  ...casesOf("gke-workload-identity", "google_container_node_pool", {
    passes: [["that leaves it to its cluster", {}]],
    fails: [
      [
        "whose pods see the node's metadata",
        { node_config: { workload_metadata_config: { mode: "GCE_METADATA" } } },
        "node_config.workload_metadata_config.mode",
      ],
    ],
    unresolved: [],
  }),
  ...casesOf("gke-shielded-nodes", "google_container_cluster", {
    passes: [["by default", {}]],
    fails: [["that turns it off", { enable_shielded_nodes: false }, "enable_shielded_nodes"]],
    unresolved: [["of a variable", { enable_shielded_nodes: atApply("var.x") }, "enable_shielded_nodes"]],
  }),
  ...casesOf("gke-workload-identity", "google_container_cluster", {
    passes: [
      [
        "with a pool",
        { workload_identity_config: { workload_pool: `${atApply("var.project")}.svc.id.goog` } },
      ],
      ["on Autopilot", { enable_autopilot: true }],
    ],
    fails: [
      ["without", {}, "workload_identity_config.workload_pool"],
      [
        "with a pool that is none",
        { workload_identity_config: { workload_pool: "some-project" } },
        "workload_identity_config.workload_pool",
      ],
    ],
    unresolved: [
      [
        "of a variable",
        { workload_identity_config: { workload_pool: atApply("var.pool") } },
        "workload_identity_config.workload_pool",
      ],
    ],
  }),
  ...casesOf("key-rotation", "google_kms_crypto_key", {
    passes: [
      ["every 90 days", { rotation_period: "7776000s" }],
      ["that signs", { purpose: "ASYMMETRIC_SIGN" }],
    ],
    fails: [
      ["that does not rotate", {}, "rotation_period"],
      ["every 91 days", { rotation_period: "7862400s" }, "rotation_period"],
    ],
    unresolved: [["of a variable", { rotation_period: atApply("var.x") }, "rotation_period"]],
  }),
  ...casesOf(
    "key-kept",
    "google_kms_crypto_key",
    {
      passes: [["that is protected", { lifecycle: { prevent_destroy: true } }]],
      fails: [["that is not", {}, "lifecycle.prevent_destroy"]],
      unresolved: [
        ["of a variable", { lifecycle: { prevent_destroy: atApply("var.x") } }, "lifecycle.prevent_destroy"],
      ],
    },
    ["hipaa"],
  ),
  ...casesOf("network-custom-subnets", "google_compute_network", {
    passes: [["of stated subnets", { auto_create_subnetworks: false }]],
    fails: [["by default", {}, "auto_create_subnetworks"]],
    unresolved: [["of a variable", { auto_create_subnetworks: atApply("var.x") }, "auto_create_subnetworks"]],
  }),
  ...casesOf("network-custom-subnets", "google_project", {
    passes: [["without a network", { auto_create_network: false }]],
    fails: [["with the default network", {}, "auto_create_network"]],
    unresolved: [],
  }),
  ...casesOf("no-external-address", "google_dataproc_cluster", {
    passes: [["without any", { cluster_config: { gce_cluster_config: { internal_ip_only: true } } }]],
    fails: [["by default", {}, "cluster_config.gce_cluster_config.internal_ip_only"]],
    unresolved: [],
  }),
  ...casesOf("no-external-address", "google_compute_instance", {
    passes: [["without one", { network_interface: [{ subnetwork: "s" }] }]],
    fails: [
      [
        "with one on its second interface",
        { network_interface: [{ subnetwork: "s" }, { access_config: [{ network_tier: "PREMIUM" }] }] },
        "network_interface[1].access_config",
      ],
      [
        "with one that Google chooses",
        { network_interface: [{ access_config: [{}] }] },
        "network_interface.access_config",
      ],
      [
        "with one that is written out beside generated ones",
        {
          network_interface: [
            { access_config: [{}], dynamic: [{ access_config: { for_each: [], content: {} } }] },
          ],
        },
        "network_interface.access_config",
      ],
      [
        "with one that a known list generates",
        { network_interface: [{ dynamic: { access_config: { for_each: ["a"], content: {} } } }] },
        "network_interface.access_config",
      ],
    ],
    unresolved: [
      [
        "with generated ones, in a list of blocks",
        {
          network_interface: [
            { dynamic: [{ access_config: [{ for_each: atApply("var.x"), content: {} }] }] },
          ],
        },
        "network_interface.access_config",
      ],
      [
        "with generated ones",
        { network_interface: [{ dynamic: { access_config: { for_each: atApply("var.x"), content: {} } } }] },
        "network_interface.access_config",
      ],
    ],
  }),
  ...casesOf("no-external-address", "google_workbench_instance", {
    passes: [["without one", { gce_setup: { disable_public_ip: true } }]],
    fails: [["by default", {}, "gce_setup.disable_public_ip"]],
    unresolved: [["of a variable", { gce_setup: atApply("var.x") }, "gce_setup.disable_public_ip"]],
  }),
  ...casesOf("no-service-account-keys", "google_service_account_key", {
    passes: [["that nobody makes", [["google_service_account", { account_id: "runner" }]]]],
    fails: [["of any account", { service_account_id: "runner" }, "service_account_id"]],
    unresolved: [],
  }),
  ...casesOf("no-service-account-keys", "google_storage_hmac_key", {
    passes: [],
    fails: [["of any account", { service_account_email: "a@b" }, "service_account_email"]],
    unresolved: [],
  }),
  ...casesOf("own-service-account", "google_cloud_run_v2_service", {
    passes: [
      [
        "with an account of the stack",
        { template: { service_account: atApply("google_service_account.a.email") } },
      ],
    ],
    fails: [
      ["without", {}, "template.service_account"],
      [
        "with the project's own",
        { template: { service_account: "1-compute@developer.gserviceaccount.com" } },
        "template.service_account",
      ],
    ],
    unresolved: [
      ["of a variable", { template: { service_account: atApply("var.x") } }, "template.service_account"],
    ],
  }),
  ...casesOf("run-not-public", "google_cloud_run_v2_service", {
    passes: [["from inside", { ingress: "INGRESS_TRAFFIC_INTERNAL_ONLY" }]],
    fails: [
      ["from everywhere", { ingress: "INGRESS_TRAFFIC_ALL" }, "ingress"],
      ["by default", {}, "ingress"],
      [
        "that asks nobody who he is",
        { ingress: "INGRESS_TRAFFIC_INTERNAL_ONLY", invoker_iam_disabled: true },
        "invoker_iam_disabled",
      ],
    ],
    unresolved: [["of a variable", { ingress: atApply("var.x") }, "ingress"]],
  }),
  ...casesOf("run-not-public", "google_cloud_run_service", {
    passes: [["from inside", { metadata: { annotations: { "run.googleapis.com/ingress": "internal" } } }]],
    fails: [
      ["by default", {}, "metadata.annotations.run.googleapis.com/ingress"],
      [
        "that asks nobody who he is",
        {
          metadata: {
            annotations: {
              "run.googleapis.com/ingress": "internal",
              "run.googleapis.com/invoker-iam-disabled": "true",
            },
          },
        },
        "metadata.annotations.run.googleapis.com/invoker-iam-disabled",
      ],
    ],
    unresolved: [
      [
        "with generated annotations",
        { metadata: { annotations: atApply("var.x") } },
        "metadata.annotations.run.googleapis.com/ingress",
      ],
    ],
  }),
  ...casesOf("run-not-public", "google_cloudfunctions2_function", {
    passes: [["from inside", { service_config: { ingress_settings: "ALLOW_INTERNAL_ONLY" } }]],
    fails: [["by default", {}, "service_config.ingress_settings"]],
    unresolved: [],
  }),
  ...casesOf("run-not-public", "google_cloudfunctions_function", {
    passes: [["through a load balancer", { ingress_settings: "ALLOW_INTERNAL_AND_GCLB" }]],
    fails: [["from everywhere", { ingress_settings: "ALLOW_ALL" }, "ingress_settings"]],
    unresolved: [],
  }),
  ...casesOf("own-service-account", "google_compute_instance", {
    passes: [["without any account", {}]],
    fails: [
      ["with a block that names none", { service_account: { scopes: [] } }, "service_account.email"],
      [
        "with the project's own, as a data source finds it",
        { service_account: { email: atApply("data.google_compute_default_service_account.a.email") } },
        "service_account.email",
      ],
    ],
    unresolved: [
      [
        "with a generated block",
        { dynamic: { service_account: { for_each: atApply("var.x"), content: {} } } },
        "service_account.email",
      ],
    ],
  }),
  ...casesOf("own-service-account", "google_container_cluster", {
    passes: [["whose pools are stated beside it", { remove_default_node_pool: true }]],
    fails: [
      [
        "on Autopilot, by default",
        { enable_autopilot: true },
        "cluster_autoscaling.auto_provisioning_defaults.service_account",
      ],
      ["with nodes of its own", {}, "node_config.service_account"],
    ],
    unresolved: [],
  }),
  ...casesOf("own-service-account", "google_cloudfunctions_function", {
    passes: [],
    fails: [
      [
        "with the application's",
        { service_account_email: "acme@appspot.gserviceaccount.com" },
        "service_account_email",
      ],
    ],
    unresolved: [],
  }),
  ...casesOf("shielded-machine", "google_compute_instance", {
    passes: [["with Secure Boot", { shielded_instance_config: { enable_secure_boot: true } }]],
    fails: [["without", {}, "shielded_instance_config.enable_secure_boot"]],
    unresolved: [
      [
        "of a variable",
        { shielded_instance_config: { enable_secure_boot: atApply("var.x") } },
        "shielded_instance_config.enable_secure_boot",
      ],
    ],
  }),
  ...casesOf(
    "sql-backups",
    "google_sql_database_instance",
    {
      passes: [
        ["with backups", { settings: { backup_configuration: { enabled: true } } }],
        ["that is a replica", { master_instance_name: "primary" }],
      ],
      fails: [["without", {}, "settings.backup_configuration.enabled"]],
      unresolved: [
        ["of a variable", { settings: atApply("var.x") }, "settings.backup_configuration.enabled"],
        ["that may be a replica", { master_instance_name: atApply("var.primary") }, "master_instance_name"],
      ],
    },
    ["hipaa"],
  ),
  ...casesOf("sql-encrypted-connections", "google_sql_database_instance", {
    passes: [["encrypted only", sql({ ssl_mode: "ENCRYPTED_ONLY" })]],
    fails: [
      [
        "unencrypted too",
        sql({ ssl_mode: "ALLOW_UNENCRYPTED_AND_ENCRYPTED" }),
        "settings.ip_configuration.ssl_mode",
      ],
    ],
    unresolved: [
      ["of a variable", sql({ ssl_mode: atApply("var.x") }), "settings.ip_configuration.ssl_mode"],
    ],
  }),
  ...casesOf("sql-private", "google_sql_database_instance", {
    passes: [["without a public address", sql({ ipv4_enabled: false })]],
    fails: [["by default", sql({}), "settings.ip_configuration.ipv4_enabled"]],
    unresolved: [
      ["of a variable", sql({ ipv4_enabled: atApply("var.x") }), "settings.ip_configuration.ipv4_enabled"],
    ],
  }),
  ...casesOf("subnet-flow-logs", "google_compute_subnetwork", {
    passes: [
      ["with logs", { ...subnet, log_config: { flow_sampling: 0.5 } }],
      ["for proxies", { ...subnet, purpose: "REGIONAL_MANAGED_PROXY" }],
    ],
    fails: [["without", subnet, "log_config"]],
    unresolved: [["of a variable", { ...subnet, log_config: atApply("var.x") }, "log_config"]],
  }),
  ...casesOf("subnet-private-access", "google_compute_subnetwork", {
    passes: [["with it", { ...subnet, private_ip_google_access: true }]],
    fails: [["without", subnet, "private_ip_google_access"]],
    unresolved: [
      [
        "of a variable",
        { ...subnet, private_ip_google_access: atApply("var.x") },
        "private_ip_google_access",
      ],
    ],
  }),
  ...casesOf("tls-current", "google_compute_ssl_policy", {
    passes: [["from 1.2", { min_tls_version: "TLS_1_2", profile: "RESTRICTED" }]],
    fails: [
      ["by default", { profile: "MODERN" }, "min_tls_version"],
      ["with weak ciphers", { min_tls_version: "TLS_1_2" }, "profile"],
    ],
    unresolved: [
      ["of a variable", { min_tls_version: atApply("var.x"), profile: "MODERN" }, "min_tls_version"],
    ],
  }),
  ...casesOf("tls-current", "google_compute_target_https_proxy", {
    passes: [["with a policy", { ssl_policy: atApply("google_compute_ssl_policy.a.id") }]],
    fails: [["without a policy", {}, "ssl_policy"]],
    unresolved: [],
  }),
  ...casesOf(
    "data-classified",
    "google_storage_bucket",
    {
      passes: [["with a class", personal]],
      fails: [
        ["without", {}, "labels.data-classification"],
        [
          "with a class of its own",
          { labels: { "data-classification": "secret" } },
          "labels.data-classification",
        ],
      ],
      unresolved: [["of a variable", { labels: atApply("var.x") }, "labels.data-classification"]],
    },
    ["ccpa"],
  ),
  ...casesOf(
    "erasure-not-locked",
    "google_storage_bucket",
    {
      passes: [
        ["whose retention is not locked", { ...personal, retention_policy: { retention_period: 1 } }],
        [
          "that is locked without personal data",
          { labels: { "data-classification": "internal" }, retention_policy: { is_locked: true } },
        ],
      ],
      fails: [
        [
          "whose retention is locked",
          { ...personal, retention_policy: { is_locked: true } },
          "retention_policy.is_locked",
        ],
      ],
      unresolved: [
        [
          "of a variable",
          { ...personal, retention_policy: { is_locked: atApply("var.x") } },
          "retention_policy.is_locked",
        ],
        [
          "that is locked and holds who knows what",
          { retention_policy: { is_locked: true } },
          "labels.data-classification",
        ],
      ],
    },
    ["gdpr"],
  ),
  ...casesOf(
    "erasure-of-versions",
    "google_storage_bucket",
    {
      passes: [
        ["whose versions end", { ...personal, ...versioned, lifecycle_rule: [limitsVersions, endsVersions] }],
        ["without versions", personal],
        [
          "whose versions end by their age",
          {
            ...personal,
            ...versioned,
            lifecycle_rule: { action: { type: "Delete" }, condition: { age: 30, with_state: "ARCHIVED" } },
          },
        ],
      ],
      fails: [
        [
          "whose last versions stay",
          {
            ...personal,
            ...versioned,
            lifecycle_rule: {
              action: { type: "Delete" },
              condition: { days_since_noncurrent_time: 30, num_newer_versions: 3 },
            },
          },
          "lifecycle_rule.condition.days_since_noncurrent_time",
        ],
        [
          "whose versions are limited in number only",
          { ...personal, ...versioned, lifecycle_rule: [limitsVersions] },
          "lifecycle_rule.condition.days_since_noncurrent_time",
        ],
        [
          "of which some versions end",
          {
            ...personal,
            ...versioned,
            lifecycle_rule: {
              action: { type: "Delete" },
              condition: { days_since_noncurrent_time: 30, matches_prefix: ["tmp/"] },
            },
          },
          "lifecycle_rule.condition.days_since_noncurrent_time",
        ],
      ],
      unresolved: [
        [
          "with generated rules",
          { ...personal, ...versioned, lifecycle_rule: atApply("var.x") },
          "lifecycle_rule",
        ],
        ["that holds who knows what", versioned, "labels.data-classification"],
      ],
    },
    ["gdpr"],
  ),
  ...casesOf(
    "residency-eu",
    "google_storage_bucket",
    {
      passes: [
        ["in a region of the EU", { location: "EUROPE-WEST4" }],
        ["in the EU's multi-region", { location: "EU" }],
        ["with a key in the EU's multi-region", [["google_kms_key_ring", { location: "europe" }]]],
        [
          "or a database in a region of the EU",
          [["google_spanner_instance", { config: "regional-europe-west4" }]],
        ],
        [
          "where its key ring lies",
          [
            ["google_kms_key_ring", { location: "europe-west1" }],
            ["google_storage_bucket", { location: atApply("google_kms_key_ring.R0.location") }],
          ],
        ],
        [
          "or a pool of a cluster that has no location before it is made",
          [
            ["google_container_cluster", { location: "europe-west4" }],
            [
              "google_container_node_pool",
              { cluster: atApply("google_container_cluster.R0.id"), location: "europe-west4" },
            ],
          ],
        ],
        [
          "or a Bigtable instance in a zone of the EU",
          [["google_bigtable_instance", { cluster: [{ zone: "europe-west4-a" }] }]],
        ],
        [
          "beside a setting that is global",
          [["google_certificate_manager_certificate", { location: "global" }]],
        ],
      ],
      fails: [
        ["in America", { location: "US" }, "location"],
        ["in London", { location: "europe-west2" }, "location"],
        [
          "or a database in America",
          [["google_spanner_instance", { config: "regional-us-central1" }]],
          "config",
        ],
        [
          "or a database whose backups go to America",
          [
            [
              "google_sql_database_instance",
              { region: "europe-west4", settings: { backup_configuration: { location: "us" } } },
            ],
          ],
          "settings.backup_configuration.location",
        ],
        [
          "or a Bigtable instance in a zone in Zurich",
          [["google_bigtable_instance", { cluster: [{ zone: "europe-west6-a" }] }]],
          "cluster.zone",
        ],
        ["in a zone in Zurich", [["google_compute_disk", { zone: "europe-west6-a" }]], "zone"],
        ["whose key is anywhere", [["google_kms_key_ring", { location: "global" }]], "location"],
        [
          "or a secret anywhere",
          [["google_secret_manager_secret", { replication: { auto: {} } }]],
          "replication.auto",
        ],
        [
          "or a topic anywhere",
          [["google_pubsub_topic", { name: "t" }]],
          "message_storage_policy.allowed_persistence_regions",
        ],
      ],
      unresolved: [
        ["of a variable", { location: atApply("var.x") }, "location"],
        [
          "or a disk in a provider's region that nobody states",
          [["google_compute_disk", {}]],
          "provider.region",
        ],
      ],
    },
    ["gdpr"],
  ),
  ...retention("audit-kept-6-years", ["hipaa"], 2_192),
  ...retention("audit-kept-12-months", ["pci-dss"], 365),
];
