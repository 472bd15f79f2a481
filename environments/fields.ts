import { z } from "zod";

/** Values as somebody wrote them: any may be missing, or of another type than it should be. */
export type DeepPartial<T> = T extends object ? { readonly [K in keyof T]?: DeepPartial<T[K]> } : T;

/** The fields that are what a shape says. The others have a finding of the schema's. */
export function fieldsOfType<Shape extends z.ZodRawShape>(
  shape: Shape,
  value: unknown,
): Partial<z.output<z.ZodObject<Shape>>> {
  const fields = Object.entries(shape).flatMap(([key, schema]) => {
    const field = valueAt(value, [key]);
    return field !== undefined && z.safeParse(schema, field).success ? [[key, field]] : [];
  });
  return Object.fromEntries(fields);
}

export function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
    input,
  );
}

export function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}
