import { Token } from "cdktf";
import { checkName } from "../catalog/names";
import { checkRegion } from "../catalog/regions";
import type { Finding } from "../construct-error";
import { didYouMean } from "../suggestion";
import { Ipv4Range } from "./ipv4-range";
import { foreignRange, type NetworkAddresses } from "./network-addresses";
import type { PrivateEndpointProps } from "./private-endpoint";
import type { INetwork } from "./private-network";

/**
 * Bundles of Google's APIs that an endpoint can lead to, and their place among the network's addresses for endpoints:
 * https://cloud.google.com/vpc/docs/about-accessing-google-apis-endpoints
 */
export const apiBundles = { "vpc-sc": 1, "all-apis": 2 } as const;

export type ApiBundle = keyof typeof apiBundles;

const attachment = /^projects\/[^/]+\/regions\/([^/]+)\/serviceAttachments\/[^/]+$/;

export function isApiBundle(target: string): target is ApiBundle {
  return Object.hasOwn(apiBundles, target);
}

/** The address that a network keeps for the endpoint of a bundle. Nothing where others plan the network. */
export function plannedAddress(network: INetwork, bundle: ApiBundle): string | undefined {
  return network.addresses?.endpoints.addressAt(apiBundles[bundle]);
}

/** Every reason for which an endpoint would lead nowhere. */
export function checkPrivateEndpoint(props: PrivateEndpointProps): Finding[] {
  return isApiBundle(props.target) ? checkBundle(props, props.target) : checkAttachment(props);
}

function checkBundle(props: PrivateEndpointProps, bundle: ApiBundle): Finding[] {
  const { name, network, address, directoryRegion } = props;
  const forServices = (["subnet", "domain", "globalAccess"] as const).filter(
    (property) => props[property] !== undefined,
  );
  return [
    ...checkName("googleApisEndpoint", "name", name),
    ...forServices.map((property) => ({
      property,
      received: property === "subnet" ? props.subnet?.node.path : props[property],
      remedy:
        "leave it out: an endpoint for Google's APIs lies in no subnet or region, and has names of its own",
    })),
    ...(address === undefined
      ? plannedAddress(network, bundle) === undefined
        ? [
            {
              property: "address",
              received: address,
              remedy:
                "state one that lies in no subnet of the network, since its ranges are planned elsewhere",
            },
          ]
        : []
      : checkApisAddress("address", address, network.addresses)),
    ...(directoryRegion === undefined ? [] : checkRegion("directoryRegion", directoryRegion)),
  ];
}

/** Every reason for which an address would not lead to Google's APIs, in a network that may be planned here. */
export function checkApisAddress(property: string, address: string, addresses?: NetworkAddresses): Finding[] {
  return checkAddress(property, address, (range) => foreignRange(range) ?? holderOf(addresses, range));
}

function checkAttachment(props: PrivateEndpointProps): Finding[] {
  const { name, target, subnet, address, domain, directoryRegion } = props;
  return [
    ...checkName("network", "name", name),
    ...(directoryRegion === undefined
      ? []
      : [
          {
            property: "directoryRegion",
            received: directoryRegion,
            remedy: "leave it out: the names of a service attachment are kept in its own region",
          },
        ]),
    ...checkTarget(target, subnet?.region),
    ...(subnet !== undefined
      ? []
      : [
          {
            property: "subnet",
            received: subnet,
            remedy: "name the subnet that the address is taken from, in the region of the service attachment",
          },
        ]),
    ...(address === undefined
      ? []
      : checkAddress("address", address, (range) => {
          const nodes = subnet?.addresses?.nodes;
          if (nodes === undefined || nodes.contains(range)) return undefined;
          return `state one of the subnet's own, which has ${nodes}, or leave it out`;
        })),
    ...(domain === undefined ? [] : checkName("domain", "domain", domain)),
  ];
}

function checkTarget(target: string, subnetRegion: string | undefined): Finding[] {
  if (Token.isUnresolved(target)) return [];
  const region = attachment.exec(target)?.[1];
  if (region === undefined) {
    const remedy = `${didYouMean(target, Object.keys(apiBundles))}State a service attachment in full, projects/P/regions/R/serviceAttachments/S, or "vpc-sc" or "all-apis" for Google's APIs`;
    return [{ property: "target", received: target, remedy }];
  }
  const faults = checkRegion("target", region).map((finding) => ({ ...finding, received: target }));
  if (faults.length > 0 || subnetRegion === undefined || Token.isUnresolved(subnetRegion)) return faults;
  if (region === subnetRegion) return [];
  return [
    {
      property: "subnet",
      received: subnetRegion,
      remedy: `name a subnet in ${region}, where the service attachment is`,
    },
  ];
}

function checkAddress(
  property: string,
  address: string,
  refuse: (range: Ipv4Range) => string | undefined,
): Finding[] {
  if (Token.isUnresolved(address)) return [];
  const range = Ipv4Range.tryParse(`${address}/32`);
  const remedy = range === undefined ? "state an IPv4 address, as 10.0.0.5" : refuse(range);
  return remedy === undefined ? [] : [{ property, received: address, remedy }];
}

/** Whom of the network's own the address would be taken from. */
function holderOf(addresses: NetworkAddresses | undefined, address: Ipv4Range): string | undefined {
  for (const [name, { nodes, pods, services }] of addresses?.subnets ?? [])
    for (const range of [nodes, pods, services])
      if (range?.contains(address)) return `state one outside of all subnets: subnets.${name} has ${range}`;
  const peered = addresses?.privateServices;
  return peered?.contains(address) ? `state another: privateServices has ${peered}` : undefined;
}
