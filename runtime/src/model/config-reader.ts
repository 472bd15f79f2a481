import type { JsonObject } from "./json-file";

/** Reads values of a config.json by key and gathers what is wrong with them, so that all is reported at once. */
export class ConfigReader {
  private readonly read = new Set<string>();

  constructor(
    private readonly json: JsonObject,
    private readonly path = "",
    readonly findings: string[] = [],
  ) {}

  fault(key: string, remedy: string, got: unknown = this.json[key]): void {
    this.findings.push(`config.json: ${this.path}${key} ${remedy}, got ${JSON.stringify(got)}`);
  }

  has(key: string): boolean {
    return this.json[key] !== undefined && this.json[key] !== null;
  }

  isNull(key: string): boolean {
    return this.json[key] === null;
  }

  count(key: string, fallback?: number, most = Number.MAX_SAFE_INTEGER): number {
    return this.number(
      key,
      `must be a positive integer${most === Number.MAX_SAFE_INTEGER ? "" : ` up to ${most}`}`,
      (value) => Number.isSafeInteger(value) && value > 0 && value <= most,
      fallback,
    );
  }

  natural(key: string, fallback?: number): number {
    return this.number(
      key,
      "must be a whole number from 0",
      (value) => Number.isSafeInteger(value) && value >= 0,
      fallback,
    );
  }

  positive(key: string, fallback?: number): number {
    return this.number(
      key,
      "must be a positive number",
      (value) => Number.isFinite(value) && value > 0,
      fallback,
    );
  }

  /** A count or none: null is none, an absent key is the fallback. */
  optionalCount(key: string, fallback?: number): number | undefined {
    return this.optional(key, fallback, () => this.count(key));
  }

  /** A positive number or none: null is none, an absent key is the fallback. */
  optionalPositive(key: string, fallback?: number): number | undefined {
    return this.optional(key, fallback, () => this.positive(key));
  }

  flag(key: string, fallback: boolean): boolean {
    const value = this.take(key, fallback);
    if (typeof value !== "boolean") this.fault(key, "must be true or false");
    return value === true;
  }

  choice<T extends string>(key: string, choices: readonly T[], fallback?: T): T {
    const value = this.take(key, fallback) as T;
    if (!choices.includes(value)) this.fault(key, `is not supported; supported: ${choices.join(", ")}`);
    return value;
  }

  /** A list of so many choices; undefined where the key is absent or null. */
  choices<T extends string>(key: string, length: number, choices: readonly T[]): readonly T[] | undefined {
    const value = this.take(key);
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.length === length && value.every((item) => choices.includes(item)))
      return value;
    this.fault(key, `must name ${length} times one of ${choices.join(", ")}`);
    return undefined;
  }

  /** Refuses every other value than this one. Absent and null are fine. */
  only(key: string, value: boolean | number): void {
    if (!Object.is(this.take(key, value), value))
      this.fault(key, `is not supported here; supported: ${value}`);
  }

  refuse(key: string, remedy: string): void {
    if (this.take(key) !== undefined) this.fault(key, `is not supported: ${remedy}`);
  }

  object(key: string): ConfigReader | undefined {
    const value = this.take(key);
    if (value === undefined) return undefined;
    if (typeof value === "object" && !Array.isArray(value))
      return new ConfigReader(value as JsonObject, `${this.path}${key}.`, this.findings);
    this.fault(key, "must be an object");
    return undefined;
  }

  allowRepetition(key: string, value: unknown): void {
    if (this.json[key] === value) this.read.add(key);
  }

  refuseUnread(): void {
    for (const key of this.unread()) this.fault(key, "is not supported here");
  }

  /** Keys with a value that nothing asked for. */
  unread(): string[] {
    return Object.keys(this.json).filter((key) => !this.read.has(key) && this.has(key));
  }

  /** @returns NaN for what is at fault, and for a fallback that comes from a fault: that one is reported already */
  private number(key: string, rule: string, valid: (value: number) => boolean, fallback?: number): number {
    const value = this.take(key, fallback);
    if (typeof value === "number" && valid(value)) return value;
    if (!Number.isNaN(value)) this.fault(key, value === undefined ? `is missing: it ${rule}` : rule, value);
    return Number.NaN;
  }

  private optional(key: string, fallback: number | undefined, read: () => number): number | undefined {
    this.read.add(key);
    if (this.isNull(key)) return undefined;
    return this.has(key) ? read() : fallback;
  }

  private take(key: string, fallback?: unknown): unknown {
    this.read.add(key);
    return this.has(key) ? this.json[key] : fallback;
  }
}
