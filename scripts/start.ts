import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { ConstructError } from "../constructs/construct-error";
import { synthesise } from "../environments/compose";
import { environmentsTable } from "../environments/environments-table";
import { environmentNames } from "../environments/load";
import { runtimeConfigFromEnvironment } from "../runtime/src/config";
import { createLogger } from "../runtime/src/logger";
import { arithmeticOf } from "../runtime/src/model/step-weights";
import { Runtime } from "../runtime/src/runtime";
import { serve } from "../runtime/src/serve";
import { explainStartupFailure } from "../runtime/src/startup-failure";

const EMBEDDED_MODEL = "models/bard";
/** npm runs scripts in the project's folder and says here where it was called. */
const callersFolder = process.env.INIT_CWD ?? process.cwd();
const MIB = 1024 * 1024;

const HELP = `npm start -- [options]

Synthesises the environments, then serves a model on localhost until Ctrl-C.

  --env NAME    synthesise only this environment (${environmentNames.join(", ")}); may be repeated
  --model DIR   serve this Hugging Face checkpoint directory   [${EMBEDDED_MODEL}]
  --port N      listen on this port of 127.0.0.1               [8080]; 0 takes a free one
  --help        show this

The runtime's settings come from PLINTH_* variables too, but for its host: docs/reference/runtime-configuration.md`;

async function start(): Promise<number> {
  const { values } = parseArgs({
    options: {
      env: { type: "string", multiple: true },
      model: { type: "string" },
      port: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const config = runtimeConfigFromEnvironment({
    ...process.env,
    PLINTH_HOST: "127.0.0.1",
    ...((values.model !== undefined || !process.env.PLINTH_MODEL) && {
      PLINTH_MODEL: values.model === undefined ? EMBEDDED_MODEL : resolve(callersFolder, values.model),
    }),
    ...(values.port !== undefined && { PLINTH_PORT: values.port }),
    PLINTH_LOG_LEVEL: process.env.PLINTH_LOG_LEVEL || "warn",
  });
  const logger = createLogger(config.logLevel);
  const runtime = new Runtime(config, logger);
  console.log(environmentsTable(synthesise({ names: values.env })));
  return serve(runtime, logger, (address) => printRuntime(runtime, address));
}

function printRuntime(runtime: Runtime, address: string): void {
  const { checkpoint, plan, weights, servedName, speaksText } = runtime;
  const prompt = speaksText ? '"prompt":"ROMEO:\\n"' : '"prompt":[1,2,3],"return_token_ids":true';
  const millions = (checkpoint.parameters / 1e6).toFixed(1);
  console.log(`
runtime    ${address}   (Ctrl-C drains and stops)
  model    ${servedName}, ${millions} M parameters, context ${plan.maxModelLen}
  weights  ${weights.precision}, ${arithmeticOf(weights)}, ${(weights.bytes / MIB).toFixed(1)} MiB read by a step
  cache    ${plan.blocks.toLocaleString("en")} blocks of ${plan.blockSize} tokens, ${Math.ceil(plan.cacheBytes / MIB)} MiB

  curl -s ${address}/v1/completions -H 'content-type: application/json' \\
    -d '{"model":"${servedName}",${prompt},"max_tokens":60}'
`);
}

function explain(cause: unknown): string {
  const isUsage = (cause as NodeJS.ErrnoException).code?.startsWith("ERR_PARSE_ARGS");
  if (isUsage)
    return `${(cause as Error).message.replaceAll("\n", " ").replace(/\.$/, "")}. See npm start -- --help`;
  return cause instanceof ConstructError ? cause.message : explainStartupFailure(cause);
}

start().then(
  (exitCode) => process.exit(exitCode),
  (cause: unknown) => {
    console.error(explain(cause));
    process.exit(1);
  },
);
