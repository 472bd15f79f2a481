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

  count(key: string, fallback?: number): number {
    return this.number(
      key,
      "must be a positive integer",
      (value) => Number.isSafeInteger(value) && value > 0,
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

  refuse(key: string, remedy: string): void {
    if (this.take(key) !== undefined) this.fault(key, `is not supported: ${remedy}`);
  }

  object(key: string): ConfigReader | undefined {
    const value = this.take(key);
    if (value === undefined) return undefined;
    if (typeof value === "object" && !Array.isArray(value))
      return new ConfigReader(value as JsonObject, `${key}.`, this.findings);
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

  private take(key: string, fallback?: unknown): unknown {
    this.read.add(key);
    return this.has(key) ? this.json[key] : fallback;
  }
}
