import {
  environmentVariable,
  requirement,
  runtimePaths,
  runtimeSettings,
  type SettingSchema,
  settingSchema,
} from "../runtime/src/config";

/** docs/reference/runtime-configuration.md, made from the schema that both halves read. */
export function runtimeConfigurationPage(): string {
  const rows = runtimeSettings.map((setting) => {
    const schema = settingSchema(setting);
    const cells = [
      `\`${setting}\``,
      `\`${environmentVariable(setting)}\``,
      requirement(setting),
      fallback(schema),
    ];
    return `| ${[...cells, schema.description ?? ""].join(" | ")} |`;
  });
  return `# Runtime configuration

<!-- Made by \`npm run docs\` from runtime/src/config.ts; do not edit. -->

A construct states these settings as typed properties and renders them as the container's environment; the runtime
reads them from there. An empty variable counts as unset. A variable that begins with \`PLINTH_\` and is not listed
here is refused, as is a value out of bounds: the process names every fault at once and exits with 1.

| property | variable | accepts | default | meaning |
|---|---|---|---|---|
${rows.join("\n")}

| path | for |
|---|---|
| \`${runtimePaths.live}\` | liveness: 200 unless the process must be restarted |
| \`${runtimePaths.ready}\` | readiness: 200 when the model is loaded and the server is not shutting down |
| \`${runtimePaths.metrics}\` | Prometheus metrics under vLLM's names |
| \`${runtimePaths.diagnosis}\` | what bounds the engine now, with the figures and the setting to change |
`;
}

function fallback(schema: SettingSchema): string {
  return schema.default === undefined ? "" : String(schema.default);
}
