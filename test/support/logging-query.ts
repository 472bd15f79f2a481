type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A log entry, as the Logging API writes it. */
export type LogEntry = { readonly [key: string]: Json };

type Predicate = (entry: LogEntry) => boolean;

/**
 * What a query of the Logging query language selects, for the part of the language that the library writes: AND, OR
 * and NOT, `=`, `:` with one value or several, `:*`, log_id, and text that may stand anywhere. Whatever else a query
 * holds is an error and not a guess.
 * https://cloud.google.com/logging/docs/view/logging-query-language
 */
export function loggingQuery(query: string): Predicate {
  const parser = new Parser(tokens(query));
  const predicate = parser.conjunction();
  parser.end();
  return predicate;
}

const token = /\s*(?:("[^"\\]*")|([()=:*])|([\w.@-]+))/y;

function tokens(query: string): string[] {
  const found: string[] = [];
  token.lastIndex = 0;
  while (query.slice(token.lastIndex).trim() !== "") {
    const from = token.lastIndex;
    const match = token.exec(query);
    if (match === null) throw new Error(`not understood: ${query.slice(from)}`);
    found.push(match[1] ?? match[2] ?? match[3]);
  }
  return found;
}

class Parser {
  private next = 0;

  constructor(private readonly tokens: readonly string[]) {}

  /** OR binds more tightly than AND, unlike elsewhere. */
  conjunction(): Predicate {
    return this.several(
      "AND",
      () => this.disjunction(),
      (all, entry) => all.every((each) => each(entry)),
    );
  }

  end(): void {
    if (this.next < this.tokens.length) throw new Error(`not understood: ${this.tokens[this.next]}`);
  }

  private disjunction(): Predicate {
    return this.several(
      "OR",
      () => this.negation(),
      (all, entry) => all.some((each) => each(entry)),
    );
  }

  private several(
    operator: string,
    operand: () => Predicate,
    combine: (all: readonly Predicate[], entry: LogEntry) => boolean,
  ): Predicate {
    const all = [operand()];
    while (this.accepts(operator)) all.push(operand());
    return (entry) => combine(all, entry);
  }

  private negation(): Predicate {
    if (!this.accepts("NOT")) return this.term();
    const term = this.term();
    return (entry) => !term(entry);
  }

  private term(): Predicate {
    if (this.accepts("(")) {
      const inner = this.conjunction();
      this.expect(")");
      return inner;
    }
    const subject = this.take();
    if (subject === "log_id") return this.logId();
    if (subject.startsWith('"')) return anywhere(text(subject));
    if (!/^\w+(\.\w+)*$/.test(subject)) throw new Error(`not understood: ${subject}`);
    const path = subject.split(".");
    if (this.accepts("=")) return compared(path, this.values(), (found, value) => found === value);
    this.expect(":");
    if (this.accepts("*")) return (entry) => at(entry, path).length > 0;
    return compared(path, this.values(), (found, value) => found.includes(value));
  }

  private logId(): Predicate {
    this.expect("(");
    const id = text(this.take());
    this.expect(")");
    return ({ logName }) => decodeURIComponent(String(logName).split("/logs/")[1]) === id;
  }

  private values(): string[] {
    if (!this.accepts("(")) return [text(this.take())];
    const values = [text(this.take())];
    while (this.accepts("OR")) values.push(text(this.take()));
    this.expect(")");
    return values;
  }

  private accepts(expected: string): boolean {
    if (this.tokens[this.next] !== expected) return false;
    this.next++;
    return true;
  }

  private expect(expected: string): void {
    if (!this.accepts(expected)) throw new Error(`${expected} expected, not ${this.tokens[this.next]}`);
  }

  private take(): string {
    const taken = this.tokens[this.next++];
    if (taken === undefined) throw new Error("the query ends too early");
    return taken;
  }
}

function text(quoted: string): string {
  if (!quoted.startsWith('"')) throw new Error(`not a string: ${quoted}`);
  return quoted.slice(1, -1).toLowerCase();
}

/** Whether one element is enough: each comparison looks at every element of a list, and strings have no case. */
function compared(
  path: readonly string[],
  values: readonly string[],
  matches: (found: string, value: string) => boolean,
): Predicate {
  return (entry) =>
    at(entry, path).some((found) => values.some((value) => matches(String(found).toLowerCase(), value)));
}

function anywhere(value: string): Predicate {
  return (entry) => leaves(entry).some((leaf) => String(leaf).toLowerCase().includes(value));
}

/** All that lies at a path, of every element of the lists on the way. */
function at(json: Json | undefined, path: readonly string[]): Json[] {
  if (Array.isArray(json)) return json.flatMap((element) => at(element, path));
  if (path.length === 0) return json === undefined || json === null ? [] : [json];
  if (typeof json !== "object" || json === null) return [];
  return at((json as LogEntry)[path[0]], path.slice(1));
}

function leaves(json: Json): Json[] {
  return typeof json === "object" && json !== null ? Object.values(json).flatMap(leaves) : [json];
}
