import { ComputeAddress } from "@cdktf/provider-google/lib/compute-address";
import { ComputeRouter } from "@cdktf/provider-google/lib/compute-router";
import { ComputeRouterNat } from "@cdktf/provider-google/lib/compute-router-nat";
import { Construct } from "constructs";
import { checkName } from "../catalog/names";
import type { Finding } from "../construct-error";

/** How machines without an address of their own reach the internet, where the firewall lets them. */
export interface CloudNat {
  /**
   * Connections to one destination that each machine can have at any time: a power of two from 32.
   *
   * @default 64
   */
  readonly portsPerMachineMin?: number;

  /**
   * Connections to one destination that a machine gets when it needs them: a power of two up to 65536.
   *
   * @default 65536
   */
  readonly portsPerMachineMax?: number;

  /**
   * Names of the static addresses that others see, for whoever lets in known addresses only. Each region of the
   * network has one of each name.
   *
   * @default - Google chooses addresses, and as many as are needed
   */
  readonly addresses?: readonly string[];
}

export interface RegionalNatProps extends CloudNat {
  /** Name of the network, which begins the names of all. */
  readonly name: string;
  readonly networkId: string;
  readonly region: string;

  /** Whether Terraform refuses to destroy the static addresses, which others let in and could not get back. */
  readonly deletionProtection: boolean;
}

const ports = { min: 32, max: 65_536 } as const;

/** A router and the NAT of all subnets of one region. Only what it had to drop is logged. */
export class RegionalNat extends Construct {
  constructor(scope: Construct, id: string, props: RegionalNatProps) {
    super(scope, id);
    const { name, networkId, region, addresses = [], deletionProtection } = props;
    const { min, max } = portsPerMachine(props);
    const router = new ComputeRouter(this, "Router", {
      name: routerName(name, region),
      network: networkId,
      region,
    });
    const natIps = addresses.map(
      (address) =>
        new ComputeAddress(this, `Address ${address}`, {
          name: addressName(name, region, address),
          region,
          addressType: "EXTERNAL",
          lifecycle: { preventDestroy: deletionProtection },
        }).selfLink,
    );
    new ComputeRouterNat(this, "Resource", {
      name: "nat",
      router: router.name,
      region,
      natIpAllocateOption: natIps.length > 0 ? "MANUAL_ONLY" : "AUTO_ONLY",
      natIps: natIps.length > 0 ? natIps : undefined,
      sourceSubnetworkIpRangesToNat: "ALL_SUBNETWORKS_ALL_IP_RANGES",
      enableDynamicPortAllocation: true,
      enableEndpointIndependentMapping: false,
      minPortsPerVm: min,
      maxPortsPerVm: max,
      logConfig: { enable: true, filter: "ERRORS_ONLY" },
    });
  }
}

/** The regions that a network has a subnet in, each of which takes a NAT of its own. */
export function natRegions(network: {
  readonly region: string;
  readonly subnets: Readonly<Record<string, { readonly region?: string }>>;
}): string[] {
  return [...new Set(Object.values(network.subnets).map(({ region }) => region ?? network.region))];
}

export function checkCloudNat(name: string, regions: readonly string[], nat: CloudNat): Finding[] {
  const { min, max } = portsPerMachine(nat);
  const counts = [...checkPorts("nat.portsPerMachineMin", min), ...checkPorts("nat.portsPerMachineMax", max)];
  return [
    ...counts,
    ...(counts.length > 0 || min < max
      ? []
      : [
          {
            property: "nat.portsPerMachineMax",
            received: max,
            remedy: `use more than the ${min} that each machine has at any time`,
          },
        ]),
    ...checkDistinct(nat.addresses ?? []),
    ...regions.flatMap((region) => [
      ...checkName("network", "name", routerName(name, region)),
      ...(nat.addresses ?? []).flatMap((address) =>
        checkName("network", "nat.addresses", addressName(name, region, address)),
      ),
    ]),
  ];
}

function checkDistinct(addresses: readonly string[]): Finding[] {
  const twice = addresses.filter((address, index) => addresses.indexOf(address) < index);
  return twice.map((address) => ({ property: "nat.addresses", received: address, remedy: "name each once" }));
}

function checkPorts(property: string, received: number): Finding[] {
  if (Number.isInteger(Math.log2(received)) && received >= ports.min && received <= ports.max) return [];
  return [{ property, received, remedy: `use a power of two from ${ports.min} to ${ports.max}` }];
}

function portsPerMachine({ portsPerMachineMin = 64, portsPerMachineMax = ports.max }: CloudNat) {
  return { min: portsPerMachineMin, max: portsPerMachineMax };
}

function routerName(network: string, region: string): string {
  return `${network}-${region}`;
}

function addressName(network: string, region: string, address: string): string {
  return `${network}-${region}-${address}`;
}
