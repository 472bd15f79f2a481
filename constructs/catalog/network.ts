/** What Google fixes about addresses in a VPC network. */
export const networkCatalog = {
  asOf: "2026-11-21",
  source: "https://cloud.google.com/vpc/docs/subnets",

  /** Shortest and longest prefix of a subnet's range: https://cloud.google.com/vpc/docs/subnets#ipv4-ranges */
  subnetPrefix: { min: 8, max: 29 },
  /** Network, gateway, second-to-last and broadcast: https://cloud.google.com/vpc/docs/subnets#unusable-ip-addresses-in-every-subnet */
  unusableAddresses: 4,
  /** Longest prefix of a subnet for load balancers: https://cloud.google.com/load-balancing/docs/proxy-only-subnets */
  proxiesPrefixMax: 26,
  /** https://cloud.google.com/vpc/docs/mtu */
  mtu: { min: 1_300, max: 8_896 },

  /** https://cloud.google.com/kubernetes-engine/docs/concepts/alias-ips#cluster_sizing_secondary_range_svcs */
  servicesPrefix: { min: 16, max: 27 },
  /** https://cloud.google.com/kubernetes-engine/docs/how-to/flexible-pod-cidr */
  podsPerNode: { min: 8, max: 256 },
  /** A node holds twice as many addresses as it may have pods, so that one that goes does not hold up the next. */
  podAddressesPerPod: 2,

  /** https://cloud.google.com/vpc/docs/configure-private-services-access#allocating-range */
  privateServicesPrefix: { min: 8, max: 24 },

  /** Ranges that belong to nobody on the internet: https://cloud.google.com/vpc/docs/subnets#valid-ranges */
  privateRanges: [
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "198.18.0.0/15",
    "240.0.0.0/4",
  ],

  /** Ranges that Google refuses in a subnet, or that do not reach what they should once they are in one. */
  reservedRanges: [
    { range: "0.0.0.0/8", reason: "means this network" },
    { range: "127.0.0.0/8", reason: "is each machine itself" },
    { range: "169.254.0.0/16", reason: "is link-local, with the metadata server in it" },
    { range: "172.17.0.0/16", reason: "is Docker's own bridge on every machine that runs it" },
    { range: "199.36.153.4/30", reason: "is Google's restricted VIP" },
    { range: "199.36.153.8/30", reason: "is Google's private VIP" },
    { range: "34.126.0.0/18", reason: "is where Google's services are reached directly" },
    { range: "34.118.224.0/20", reason: "is the range that GKE manages for services" },
    { range: "224.0.0.0/4", reason: "is multicast" },
    { range: "255.255.255.255/32", reason: "is broadcast" },
  ],

  /** Sources of health checks and of traffic through load balancers: https://cloud.google.com/load-balancing/docs/health-checks#fw-rule */
  healthCheckRanges: ["35.191.0.0/16", "130.211.0.0/22"],
  /** Source of TCP forwarding through Identity-Aware Proxy: https://cloud.google.com/iap/docs/using-tcp-forwarding#create-firewall-rule */
  iapRange: "35.235.240.0/20",
} as const;

/**
 * How Google's APIs are reached without a path to the internet, and only those of them that VPC Service Controls can
 * guard: https://cloud.google.com/vpc/docs/configure-private-google-access#domain-options
 */
export const restrictedVip = {
  asOf: "2026-11-21",
  source: "https://cloud.google.com/vpc-service-controls/docs/set-up-private-connectivity",

  range: "199.36.153.4/30",
  addresses: ["199.36.153.4", "199.36.153.5", "199.36.153.6", "199.36.153.7"],
  /** Cloud Storage and Bigtable over gRPC go past the front end to these; a perimeter guards them all the same. */
  directRange: "34.126.0.0/18",

  /** Domains that the VIP answers for, each with a short name for what it is for. */
  domains: [
    { domain: "googleapis.com", id: "apis" },
    /** Container images under Container Registry's old names. */
    { domain: "gcr.io", id: "gcr" },
    /** Container images and packages of Artifact Registry. */
    { domain: "pkg.dev", id: "pkg" },
    { domain: "run.app", id: "run" },
    /** Control planes of clusters by their DNS name. */
    { domain: "gke.goog", id: "gke" },
    /** Vertex AI Workbench: its notebooks, what they serve, and their kernels on other machines. */
    { domain: "notebooks.cloud.google.com", id: "workbench" },
    { domain: "notebooks.googleusercontent.com", id: "workbench-content" },
    { domain: "kernels.googleusercontent.com", id: "kernels" },
    /** Colab Enterprise. */
    { domain: "aiplatform-notebook.cloud.google.com", id: "colab" },
    { domain: "aiplatform-notebook.googleusercontent.com", id: "colab-content" },
  ],
} as const;
