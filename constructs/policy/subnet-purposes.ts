/**
 * Purposes of subnets that only Google's own proxies and translators use: no machine in them sends anything.
 * https://cloud.google.com/vpc/docs/subnets#purpose
 */
export const purposesWithoutMachines: readonly string[] = [
  "GLOBAL_MANAGED_PROXY",
  "INTERNAL_HTTPS_LOAD_BALANCER",
  "PRIVATE_NAT",
  "PRIVATE_SERVICE_CONNECT",
  "REGIONAL_MANAGED_PROXY",
];
