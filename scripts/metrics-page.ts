import { pino } from "pino";
import { parseRuntimeConfig, runtimePaths } from "../runtime/src/config";
import { Runtime } from "../runtime/src/runtime";

/** What prom-client's types keep to themselves. */
type Registered = Readonly<{
  name: string;
  help: string;
  labelNames: readonly string[];
  buckets?: readonly number[];
  get(): Promise<{ type: string; values: readonly { labels: Readonly<Record<string, string>> }[] }>;
}>;

/** docs/reference/metrics.md, made from what a server registers. */
export async function metricsPage(): Promise<string> {
  const config = parseRuntimeConfig({ model: "models/bard" });
  const { metrics } = new Runtime(config, pino({ level: "silent" }));
  const rows = await Promise.all((metrics.getMetricsAsArray() as unknown as Registered[]).map(row));
  return `# Metrics

<!-- Made by \`npm run docs\` from what a server registers; do not edit. -->

\`GET ${runtimePaths.metrics}\` answers in Prometheus's text format. Names that begin with \`vllm:\` are those of vLLM's present
engine, with its types, labels and buckets, so that its dashboards and the gateways that know it read them as they are;
a test holds this to the list of names that its dashboards query. Names that begin with \`plinth:\` are this runtime's own.
Every metric also has the labels \`model_name\` and \`engine\` (always 0).

What vLLM counts per request is counted here per sequence, which is the same: a request with \`n\` choices, or with several
prompts, is as many sequences. Only \`vllm:request_params_n\` and \`vllm:request_max_num_generation_tokens\` are counted once
for all choices of a prompt.

| name | type | own labels | meaning | buckets |
|---|---|---|---|---|
${rows.join("\n")}

Not here, since nothing of the kind exists in this runtime: \`vllm:external_prefix_cache_*\` and \`vllm:kv_*\` (caches beyond the
process), \`vllm:mm_cache_*\` (images), \`vllm:lora_requests_info\`, \`vllm:engine_sleep_state\`, \`vllm:kv_block_*\` (sampled block
lifetimes, off by default there too), and the names that vLLM gave up: \`vllm:gpu_cache_usage_perc\`,
\`vllm:gpu_prefix_cache_*\`, \`vllm:time_per_output_token_seconds\`.
`;
}

async function row(metric: Registered): Promise<string> {
  const { type, values } = await metric.get();
  const labels = metric.labelNames.map((label) => {
    const known = [...new Set(values.map((value) => value.labels[label]))].filter(Boolean);
    return `\`${label}\`${known.length > 1 ? `: ${known.join(", ")}` : ""}`;
  });
  // Buckets of lengths depend on the model.
  const buckets = /request_.*tokens$/.test(metric.name)
    ? ["1, 2, 5, 10 … maxModelLen"]
    : (metric.buckets ?? []);
  return `| ${[`\`${metric.name}\``, type, labels.join("; "), metric.help, buckets.join(", ")].join(" | ")} |`;
}
