import { Token } from "cdktf";
import type { Finding } from "../construct-error";

/** What Google accepts as a name, per kind of resource. Read on 2026-11-20. */
const nameRules = {
  project: {
    pattern: /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/,
    form: "6 to 30 lower-case letters, digits and hyphens, a letter first, no hyphen last",
    source: "https://cloud.google.com/resource-manager/docs/creating-managing-projects",
  },
  bucket: {
    pattern: /^(?!goog)(?!.*google)[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]$/,
    form: "3 to 63 lower-case letters, digits, hyphens and underscores, without the word google",
    source: "https://cloud.google.com/storage/docs/buckets#naming",
  },
  /** What a bucket may be called that exists already: creating one with dots takes proof that one owns the domain. */
  existingBucket: {
    pattern:
      /^(?=.{3,222}$)[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?)*$/,
    form: "3 to 63 lower-case letters, digits, hyphens and underscores, or up to 222 with dots between parts of 63",
    source: "https://cloud.google.com/storage/docs/buckets#naming",
  },
  key: {
    pattern: /^[a-zA-Z0-9_-]{1,63}$/,
    form: "1 to 63 letters, digits, hyphens and underscores",
    source: "https://cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings/create",
  },
  /** Of the 100 characters that Google allows, eight are left to what is appended: the sink to the archive. */
  logBucket: {
    pattern: /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,91}$/,
    form: "1 to 92 letters, digits, underscores, hyphens and periods, a letter or digit first",
    source: "https://cloud.google.com/logging/docs/reference/v2/rest/v2/projects.sinks",
  },
  repository: {
    pattern: /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
    form: "1 to 63 lower-case letters, digits and hyphens, a letter first, no hyphen last",
    source: "https://cloud.google.com/artifact-registry/docs/repositories/create-repos",
  },
  serviceAccount: {
    pattern: /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/,
    form: "6 to 30 lower-case letters, digits and hyphens, a letter first, no hyphen last",
    source: "https://cloud.google.com/iam/docs/service-accounts-create",
  },
  secret: {
    pattern: /^[a-zA-Z0-9_-]{1,255}$/,
    form: "1 to 255 letters, digits, hyphens and underscores",
    source: "https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets/create",
  },
  topic: {
    pattern: /^(?!goog)[a-zA-Z][a-zA-Z0-9_.~+%-]{2,254}$/,
    form: "3 to 255 letters, digits and any of - _ . ~ + %, a letter first, not goog",
    source: "https://cloud.google.com/pubsub/docs/pubsub-basics#resource_names",
  },
  identityPool: {
    pattern: /^(?!gcp-)[a-z0-9-]{4,32}$/,
    form: "4 to 32 lower-case letters, digits and hyphens, not gcp- first",
    source:
      "https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools/create",
  },
  identityAttribute: {
    pattern: /^[a-z0-9_]{1,100}$/,
    form: "1 to 100 lower-case letters, digits and underscores",
    source:
      "https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools.providers",
  },
  kubernetesNamespace: {
    pattern: /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
    form: "1 to 63 lower-case letters, digits and hyphens, no hyphen first or last",
    source: "https://kubernetes.io/docs/concepts/overview/working-with-objects/names#dns-label-names",
  },
  kubernetesServiceAccount: {
    pattern: /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/,
    form: "1 to 253 lower-case letters, digits, hyphens and dots, a letter or digit first and last of each part",
    source: "https://kubernetes.io/docs/concepts/overview/working-with-objects/names#dns-subdomain-names",
  },
  helmRelease: {
    pattern: /^(?=.{1,53}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/,
    form: "1 to 53 lower-case letters, digits, hyphens and dots, a letter or digit first and last of each part",
    source: "https://github.com/helm/helm/blob/v3.22.0/pkg/chartutil/validate_name.go",
  },
  /** Names the service that its pods find each other by, so that it begins with a letter: RFC 1035. */
  jobSet: {
    pattern: /^[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?$/,
    form: "1 to 40 lower-case letters, digits and hyphens, a letter first, no hyphen last",
    source: "https://github.com/kubernetes-sigs/jobset/blob/v0.12.0/pkg/webhooks/jobset_webhook.go",
  },
  /** A folder of the checkpoint bucket. */
  trainingRun: {
    pattern: /^[a-z0-9](?:[a-z0-9._-]{0,98}[a-z0-9])?$/,
    form: "1 to 100 lower-case letters, digits, dots, hyphens and underscores, a letter or digit first and last",
    source: "https://cloud.google.com/storage/docs/objects#naming",
  },
  kubernetesObject: {
    pattern: /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/,
    form: "1 to 253 lower-case letters, digits, hyphens and dots, a letter or digit first and last of each part",
    source: "https://kubernetes.io/docs/concepts/overview/working-with-objects/names#dns-subdomain-names",
  },
  image: {
    pattern:
      /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?::\d+)?(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*(?::\w[\w.-]{0,127})?(?:@sha256:[a-f0-9]{64})?$/,
    form: "registry/path:tag or registry/path@sha256:digest",
    source: "https://github.com/opencontainers/distribution-spec/blob/main/spec.md",
  },
  imageRegistry: {
    pattern: /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?::\d+)?(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*$/,
    form: "a registry, or registry/path of a repository in it, without https:// and without a tag",
    source: "https://github.com/opencontainers/distribution-spec/blob/main/spec.md",
  },
  /** An image's path in its repository, without a tag. */
  imageName: {
    pattern: /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*$/,
    form: "lower-case letters, digits, dots, hyphens and underscores, a letter or digit first and last, without a tag",
    source: "https://github.com/opencontainers/distribution-spec/blob/main/spec.md",
  },
  imageVersion: {
    pattern: /^(?:\w[\w.-]{0,127}|sha256:[a-f0-9]{64})$/,
    form: "a tag of 1 to 128 letters, digits, dots, hyphens and underscores, or a digest, sha256: and 64 hexadecimal digits",
    source: "https://github.com/opencontainers/distribution-spec/blob/main/spec.md",
  },
  template: {
    pattern: /^[a-zA-Z0-9_-]{1,100}$/,
    form: "1 to 100 letters, digits, hyphens and underscores",
    source:
      "https://cloud.google.com/sensitive-data-protection/docs/reference/rest/v2/projects.inspectTemplates/create",
  },
  /** A network, a subnet, a router, a route, a firewall policy or rule, an address, a DNS zone: RFC 1035. */
  network: {
    pattern: /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
    form: "1 to 63 lower-case letters, digits and hyphens, a letter first, no hyphen last",
    source: "https://cloud.google.com/compute/docs/naming-resources",
  },
  nodePool: {
    pattern: /^[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?$/,
    form: "1 to 40 lower-case letters, digits and hyphens, a letter first, no hyphen last",
    source:
      "https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.clusters.nodePools",
  },
  googleApisEndpoint: {
    pattern: /^[a-z][a-z0-9]{0,19}$/,
    form: "1 to 20 lower-case letters and digits, a letter first",
    source: "https://cloud.google.com/vpc/docs/configure-private-service-connect-apis",
  },
  servicePerimeter: {
    pattern: /^[a-zA-Z][a-zA-Z0-9_]{0,49}$/,
    form: "1 to 50 letters, digits and underscores, a letter first",
    source:
      "https://cloud.google.com/access-context-manager/docs/reference/rest/v1/accessPolicies.servicePerimeters",
  },
  cluster: {
    pattern: /^[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?$/,
    form: "1 to 40 lower-case letters, digits and hyphens, a letter first, no hyphen last",
    source: "https://cloud.google.com/kubernetes-engine/docs/reference/rest/v1/projects.locations.clusters",
  },
  domain: {
    pattern: /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])$/,
    form: "a domain name in lower case, as models.acme.example, without a dot last",
    source: "https://www.rfc-editor.org/rfc/rfc1035",
  },
  labelKey: {
    pattern: /^[a-z][a-z0-9_-]{0,62}$/,
    form: "1 to 63 lower-case letters, digits, hyphens and underscores, a letter first",
    source: "https://cloud.google.com/resource-manager/docs/labels-overview",
  },
  labelValue: {
    pattern: /^[a-z0-9_-]{0,63}$/,
    form: "at most 63 lower-case letters, digits, hyphens and underscores",
    source: "https://cloud.google.com/resource-manager/docs/labels-overview",
  },
} as const;

/** Findings on a name that Google would refuse at apply. A name that is known only then is not judged. */
export function checkName(kind: keyof typeof nameRules, property: string, name: string): Finding[] {
  const { pattern, form } = nameRules[kind];
  if (Token.isUnresolved(name) || pattern.test(name)) return [];
  return [{ property, received: name, remedy: `use ${form}` }];
}
