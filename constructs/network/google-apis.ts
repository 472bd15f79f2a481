import { ComputeRoute } from "@cdktf/provider-google/lib/compute-route";
import { DnsManagedZone } from "@cdktf/provider-google/lib/dns-managed-zone";
import { DnsRecordSet } from "@cdktf/provider-google/lib/dns-record-set";
import { Construct } from "constructs";
import { restrictedVip } from "../catalog/network";

export interface RestrictedGoogleApisProps {
  /** Name of the network, which begins the names of all. */
  readonly name: string;
  readonly networkId: string;
}

const TTL_SECONDS = 300;
const API_DOMAIN = "googleapis.com";

/**
 * Google's APIs by way of the restricted VIP: the routes to it, and a private zone for each domain that it answers for,
 * so that whatever a machine calls by its usual name goes there.
 */
export class RestrictedGoogleApis extends Construct {
  constructor(scope: Construct, id: string, props: RestrictedGoogleApisProps) {
    super(scope, id);
    const { name, networkId } = props;
    const routes = {
      VipRoute: ["vip", restrictedVip.range],
      DirectRoute: ["direct", restrictedVip.directRange],
    };
    for (const [routeId, [suffix, destRange]] of Object.entries(routes))
      new ComputeRoute(this, routeId, {
        name: `${name}-google-${suffix}`,
        description: "Google's APIs, as far as a service perimeter can guard them",
        network: networkId,
        destRange,
        nextHopGateway: "default-internet-gateway",
      });
    for (const { domain, id: zoneId } of restrictedVip.domains) {
      const zone = new DnsManagedZone(this, domain, {
        name: `${name}-google-${zoneId}`,
        description: `Leads ${domain} to the restricted VIP`,
        dnsName: `${domain}.`,
        visibility: "private",
        privateVisibilityConfig: { networks: [{ networkUrl: networkId }] },
      });
      // The VIP has a name of its own among the APIs; the other domains lead to it themselves.
      const target = domain === API_DOMAIN ? `restricted.${domain}.` : `${domain}.`;
      new DnsRecordSet(this, `${domain} address`, {
        managedZone: zone.name,
        name: target,
        type: "A",
        ttl: TTL_SECONDS,
        rrdatas: [...restrictedVip.addresses],
      });
      new DnsRecordSet(this, `${domain} wildcard`, {
        managedZone: zone.name,
        name: `*.${domain}.`,
        type: "CNAME",
        ttl: TTL_SECONDS,
        rrdatas: [target],
      });
    }
  }
}

/** Names that follow from a network's, for whoever checks that none is too long. */
export function googleApisNames(network: string): string[] {
  return restrictedVip.domains.map(({ id }) => `${network}-google-${id}`);
}
