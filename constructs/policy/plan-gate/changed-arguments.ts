import { type ArgumentPath, type ResourceChange, valueAt } from "./terraform-plan";

/** One argument that changes, as text: values that Terraform holds for secret are not shown. */
export interface ChangedArgument {
  /** `node_config.guest_accelerator.type`. */
  readonly argument: string;
  readonly before: string;
  readonly after: string;
}

/** The arguments that a change names as the reason for a replacement, down to the values that differ. */
export function forcingArguments({ change }: ResourceChange): ChangedArgument[] {
  return (change.replace_paths ?? []).flatMap((path) => {
    const leaves = differences(change, path);
    // A computed value may force a replacement that the values do not show.
    return (leaves.length > 0 ? leaves : [path]).map((leaf) => changedAt(change, leaf));
  });
}

/** What changes at a path, down to the values that differ. */
export function changedArguments({ change }: ResourceChange, path: ArgumentPath): ChangedArgument[] {
  return differences(change, path).map((leaf) => changedAt(change, leaf));
}

function changedAt(change: ResourceChange["change"], leaf: ArgumentPath): ChangedArgument {
  return {
    argument: nameOf(change, leaf),
    before: shown(change.before, change.before_sensitive, leaf),
    after: isUnknown(change.after_unknown, leaf)
      ? "(known after apply)"
      : shown(change.after, change.after_sensitive, leaf),
  };
}

function differences(change: ResourceChange["change"], path: ArgumentPath): ArgumentPath[] {
  const before = valueAt(change.before, path);
  const after = valueAt(change.after, path);
  const inner = [before, after, valueAt(change.after_unknown, path)].filter(
    (value) => typeof value === "object" && value !== null,
  );
  // What is secret as a whole stays whole.
  const secret = [change.before_sensitive, change.after_sensitive].some((mask) => isMarked(mask, path));
  const isLeaf = secret || inner.length === 0 || isUnknown(change.after_unknown, path);
  if (isLeaf) return same(before, after) && !isUnknown(change.after_unknown, path) ? [] : [path];
  // A block that comes or goes is named as one, with all it holds.
  if (isEmpty(before) !== isEmpty(after)) return [path];
  const keys = new Set(inner.flatMap((value) => Object.keys(value as object)));
  const isList = Array.isArray(before) || Array.isArray(after);
  return [...keys].flatMap((key) => differences(change, [...path, isList ? Number(key) : key]));
}

/** Without the index of a block that there is one of, as in the configuration. */
function nameOf({ before, after }: ResourceChange["change"], path: ArgumentPath): string {
  return path.reduce<string>((name, key, index) => {
    if (typeof key === "string") return name === "" ? key : `${name}.${key}`;
    const list = path.slice(0, index);
    const several = [before, after].some((side) => {
      const value = valueAt(side, list);
      return Array.isArray(value) && value.length > 1;
    });
    return several ? `${name}[${key}]` : name;
  }, "");
}

function shown(value: unknown, sensitive: unknown, path: ArgumentPath): string {
  if (isMarked(sensitive, path) || holdsMark(valueAt(sensitive, path))) return "(sensitive)";
  const found = valueAt(value, path);
  return isEmpty(found) ? "nothing" : JSON.stringify(found);
}

function isUnknown(unknown: unknown, path: ArgumentPath): boolean {
  return isMarked(unknown, path);
}

/** Whether a mask, which repeats the form of what it masks, has a mark at the path or above it. */
function isMarked(mask: unknown, path: ArgumentPath): boolean {
  return (
    path.some((_, index) => valueAt(mask, path.slice(0, index)) === true) || valueAt(mask, path) === true
  );
}

function holdsMark(mask: unknown): boolean {
  if (typeof mask !== "object" || mask === null) return mask === true;
  return Object.values(mask).some(holdsMark);
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}

function same(before: unknown, after: unknown): boolean {
  return (isEmpty(before) && isEmpty(after)) || JSON.stringify(before) === JSON.stringify(after);
}
