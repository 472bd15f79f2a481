import { compose } from "../../environments/compose";
import { loadEnvironments } from "../../environments/load";
import { synthesisedOutput } from "./environments";
import { keptResources, valuesAt } from "./resource-kinds";

export const ADDRESS_FILE = "test/stacks/addresses.json";

/** A resource that must not be lost: its construct's path, and what its replacement hangs on. */
export interface KeptAddress {
  readonly path: string;
  readonly replacedBy: Readonly<Record<string, unknown>>;
}

/** By stack and Terraform address, each resource's construct path; more of one that must not be lost. */
export type AddressRecord = Readonly<Record<string, Readonly<Record<string, string | KeptAddress>>>>;

/** The addresses of the three environments as the sources make them now. */
export function currentAddresses(): AddressRecord {
  return addressesOf(
    synthesisedOutput((app) =>
      loadEnvironments(undefined, {}).flatMap((environment) => compose(app, environment)),
    ),
  );
}

/** The addresses in what cdktf wrote for each stack. */
export function addressesOf(outputs: ReadonlyMap<string, string>): AddressRecord {
  return Object.fromEntries(
    [...outputs].map(([stack, json]) => {
      const { provider, resource = {} }: Output = JSON.parse(json);
      const [{ project, region }] = provider.google;
      const addresses = Object.entries(resource).flatMap(([type, ofType]) =>
        Object.entries(ofType).map(([id, each]): [string, string | KeptAddress] => {
          const path = each["//"].metadata.path.replace(`${stack}/`, "");
          if (!(type in keptResources)) return [`${type}.${id}`, path];
          const { replacedBy, defaults = {} } = keptResources[type];
          // The provider's project and region hold where a resource states none.
          const effective = { project, region, ...each };
          const values = replacedBy.flatMap((argument) => {
            const stated = valuesAt(effective, argument).filter((value) => value !== undefined);
            const found = stated.length === 0 && argument in defaults ? [defaults[argument]] : stated;
            return found.length === 0 ? [] : [[argument, found.length === 1 ? found[0] : found]];
          });
          return [`${type}.${id}`, { path, replacedBy: Object.fromEntries(values) }];
        }),
      );
      return [stack, Object.fromEntries(addresses.sort(([one], [other]) => (one < other ? -1 : 1)))];
    }),
  );
}

interface Output {
  readonly provider: { readonly google: readonly [{ readonly project: string; readonly region: string }] };
  readonly resource?: Readonly<Record<string, Readonly<Record<string, ResourceOutput>>>>;
}

type ResourceOutput = Readonly<Record<string, unknown>> & {
  readonly "//": { readonly metadata: { readonly path: string } };
};

const rerecord = "npm run addresses";

/** What would happen to deployed resources, each with the remedy; nothing where every address is as recorded. */
export function addressFaults(recorded: AddressRecord, current: AddressRecord): string[] {
  const gone = entriesOf(recorded).filter(([stack, address]) => current[stack]?.[address] === undefined);
  const come = entriesOf(current).filter(([stack, address]) => recorded[stack]?.[address] === undefined);
  const moves = gone.map((from) => [from, come.find((to) => isSame(from, to))] as const);
  const moved = new Set(moves.map(([, to]) => to));
  return [
    ...moves.map(([from, to]) => (to === undefined ? goneFault(from) : movedFault(from, to))),
    ...come
      .filter((entry) => !moved.has(entry))
      .map(([stack, address]) => `${stack}: ${address} is new. Record it: ${rerecord}.`),
    ...entriesOf(recorded).flatMap(([stack, address, was]) => {
      const is = current[stack]?.[address];
      return is === undefined ? [] : changeFaults(`${stack}: ${address}`, was, is);
    }),
  ];
}

type Entry = readonly [stack: string, address: string, resource: string | KeptAddress];

function entriesOf(record: AddressRecord): Entry[] {
  return Object.entries(record).flatMap(([stack, addresses]) =>
    Object.entries(addresses).map(([address, resource]): Entry => [stack, address, resource]),
  );
}

/** Whether two addresses stand for one thing: of one type, and alike in all that its replacement hangs on. */
function isSame([, from, was]: Entry, [, to, is]: Entry): boolean {
  return (
    typeof was !== "string" &&
    typeof is !== "string" &&
    from.split(".")[0] === to.split(".")[0] &&
    JSON.stringify(literals(was)) === JSON.stringify(literals(is))
  );
}

/** References name addresses, which are what a renaming changes. */
function literals({ replacedBy }: KeptAddress): [string, unknown][] {
  return Object.entries(replacedBy).filter(([, value]) => !isReference(value));
}

function isReference(value: unknown): boolean {
  return JSON.stringify(value).includes("${");
}

function goneFault([stack, address, was]: Entry): string {
  if (typeof was === "string")
    return `${stack}: ${address} (${was}) is gone. If it is to go, record that: ${rerecord}.`;
  return `${stack}: ${address} (${describe(was)}) is gone: Terraform would destroy it with all it holds. Keep it, or, if it is to go: ${rerecord}.`;
}

function movedFault([stack, from, was]: Entry, [toStack, to, is]: Entry): string {
  if (typeof was === "string" || typeof is === "string") throw new Error("only what is kept can be moved");
  const keep = `Keep the construct id ${was.path}`;
  if (stack !== toStack)
    return `${stack}: ${from} (${describe(was)}) has moved to ${toStack}: Terraform would destroy it with all it holds. ${keep}, or import it into ${toStack} and take it out of the old state (terraform state rm), and then: ${rerecord}.`;
  return `${stack}: ${from} (${describe(was)}) is now ${to} (${is.path}): Terraform would destroy it with all it holds, and create another. ${keep}, or move it (moveFromId("${from}"), or terraform state mv ${from} ${to}), and then: ${rerecord}.`;
}

function changeFaults(at: string, was: string | KeptAddress, is: string | KeptAddress): string[] {
  const paths = [was, is].map((resource) => (typeof resource === "string" ? resource : resource.path));
  const faults =
    paths[0] === paths[1]
      ? []
      : [`${at}: its construct ${paths[0]} is now ${paths[1]}. Record it: ${rerecord}.`];
  if (typeof was === "string" || typeof is === "string")
    return typeof was === typeof is
      ? faults
      : [...faults, `${at}: whether it must be kept has changed. Record it: ${rerecord}.`];
  const names = [...new Set([...Object.keys(was.replacedBy), ...Object.keys(is.replacedBy)])];
  const changed = names.filter(
    (name) => JSON.stringify(was.replacedBy[name]) !== JSON.stringify(is.replacedBy[name]),
  );
  return [
    ...faults,
    ...changed.map((name) => {
      const [from, to] = [was, is].map(({ replacedBy }) => JSON.stringify(replacedBy[name]) ?? "nothing");
      return `${at} (${describe(was)}): ${name} was ${from} and is ${to}: Terraform would destroy it with all it holds, and create another. Change it back, or, if that is meant: ${rerecord}.`;
    }),
  ];
}

/** The construct's path and the name that people know the resource by. */
function describe({ path, replacedBy }: KeptAddress): string {
  const name = Object.entries(replacedBy).find(([argument]) => /^(name|.*_id)$/.test(argument))?.[1];
  return name === undefined ? path : `${path}, ${name}`;
}
