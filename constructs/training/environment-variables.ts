import type { Finding } from "../construct-error";

/** Findings on variables that no container can have, or that the job sets itself. */
export function checkVariables(
  env: Readonly<Record<string, string>>,
  reserved: readonly string[],
): Finding[] {
  return Object.entries(env).flatMap(([name, value]) => {
    const property = `env.${name}`;
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      return [{ property, received: value, remedy: "use letters, digits and underscores, no digit first" }];
    if (!reserved.includes(name)) return [];
    return [{ property, received: value, remedy: "leave it out: the job sets it" }];
  });
}
