import { checkName } from "../catalog/names";
import { networkCatalog } from "../catalog/network";
import { checkRegion } from "../catalog/regions";
import { checkWhole } from "../catalog/whole-numbers";
import type { Finding } from "../construct-error";
import { checkCloudNat, natRegions } from "./cloud-nat";
import { checkFirewallExceptions, checkPorts } from "./firewall-checks";
import { checkFlowLogs } from "./flow-logs";
import { googleApisNames } from "./google-apis";
import { planNetwork } from "./network-addresses";
import type { PrivateNetworkProps } from "./private-network";

/** Every reason for which a network could not be built, or would not be private. */
export function checkPrivateNetwork(props: PrivateNetworkProps): Finding[] {
  const { name, region, subnets, mtu, routing, flowLogs = {}, nat = {}, allow = {} } = props;
  return [
    ...checkNames(name, Object.keys(subnets)),
    ...checkRegion("region", region),
    ...Object.entries(subnets).flatMap(([subnet, { region: own, flowLogs: logs }]) => [
      ...(own === undefined ? [] : checkRegion(`subnets.${subnet}.region`, own)),
      ...(logs === undefined ? [] : checkFlowLogs(`subnets.${subnet}.flowLogs`, logs)),
    ]),
    ...checkFlowLogs("flowLogs", flowLogs),
    ...planNetwork(props).findings,
    ...checkProxies(props),
    ...(mtu === undefined ? [] : checkMtu(mtu)),
    ...(routing === undefined || routing === "regional" || routing === "global"
      ? []
      : [{ property: "routing", received: routing, remedy: 'use "regional" or "global"' }]),
    ...(nat === false ? [] : checkCloudNat(name, natRegions(props), nat)),
    ...checkFirewallExceptions(allow),
    ...(props.loadBalancedPorts === undefined
      ? []
      : checkPorts("loadBalancedPorts", props.loadBalancedPorts)),
  ];
}

/** A network's name begins those of all that is in it, which may not grow too long either. */
function checkNames(name: string, subnets: readonly string[]): Finding[] {
  const faults = checkName("network", "name", name);
  if (faults.length > 0) return faults;
  const tooLong = googleApisNames(name).find((derived) => checkName("network", "name", derived).length > 0);
  return [
    ...(tooLong === undefined
      ? []
      : [{ property: "name", received: name, remedy: `use a shorter one: ${tooLong} follows from it` }]),
    ...(subnets.length > 0
      ? []
      : [{ property: "subnets", received: {}, remedy: "name one at least: nothing has an address without" }]),
    ...subnets.flatMap((subnet) => checkSubnetName(name, subnet)),
  ];
}

function checkSubnetName(network: string, subnet: string): Finding[] {
  const property = `subnets.${subnet}`;
  const faults = checkName("network", property, subnet);
  if (faults.length > 0 || checkName("network", property, `${network}-${subnet}`).length === 0) return faults;
  return [{ property, received: subnet, remedy: `use a shorter name: it becomes ${network}-${subnet}` }];
}

function checkProxies({ region, subnets }: PrivateNetworkProps): Finding[] {
  const holders = new Map<string, string>();
  return Object.entries(subnets).flatMap(([name, subnet]) => {
    if (!subnet.forProxies) return [];
    const own = subnet.region ?? region;
    const holder = holders.get(own);
    if (holder === undefined) {
      holders.set(own, name);
      return [];
    }
    const remedy = `leave it out: subnets.${holder} is for those of ${own} already`;
    return [{ property: `subnets.${name}.forProxies`, received: true, remedy }];
  });
}

function checkMtu(mtu: number): Finding[] {
  const { min, max } = networkCatalog.mtu;
  return checkWhole("mtu", mtu, min, max);
}
