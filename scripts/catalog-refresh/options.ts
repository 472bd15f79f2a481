import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";

/** Why a refresh cannot be done, in words for who asked for it. */
export class RefreshError extends Error {
  override readonly name = "RefreshError";
}

export interface RefreshOptions {
  readonly project: string;
  readonly token: string;
  readonly write: boolean;
  /** Folder of the data files. */
  readonly folder: string;
  /** In place of `https://<service>`: the services' names are then a part of the path. For tests. */
  readonly api?: string;
}

export const usage = `npm run catalog:refresh -- [--project ID] [--write]
  --project ID   whose view of Compute Engine is read; by default that of GOOGLE_PROJECT
  --write        write what has changed into the data files; by default it is shown only
Credentials are GOOGLE_OAUTH_ACCESS_TOKEN, or else those of gcloud. They need compute.machineTypes.list,
compute.acceleratorTypes.list and tpu.acceleratortypes.list, which roles/compute.viewer and roles/tpu.viewer have, and
serviceusage.services.use, which roles/serviceusage.serviceUsageConsumer has: the project answers for the calls.`;

export function readOptions(args: readonly string[], env: NodeJS.ProcessEnv): RefreshOptions {
  const { project = env.GOOGLE_PROJECT, write, folder, api } = parse(args);
  if (!project) throw new RefreshError(`Say whose view to read: --project ID or GOOGLE_PROJECT\n${usage}`);
  return { project, token: env.GOOGLE_OAUTH_ACCESS_TOKEN || tokenOfGcloud(), write, folder, api };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        project: { type: "string" },
        write: { type: "boolean", default: false },
        folder: { type: "string", default: join(__dirname, "../../constructs/catalog/data") },
        api: { type: "string" },
      },
    }).values;
  } catch (error) {
    throw new RefreshError(`${error instanceof Error ? error.message : error}\n${usage}`);
  }
}

function tokenOfGcloud(): string {
  try {
    const stdio: ["ignore", "pipe", "pipe"] = ["ignore", "pipe", "pipe"];
    return execFileSync("gcloud", ["auth", "print-access-token"], { encoding: "utf8", stdio }).trim();
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim();
    throw new RefreshError(
      `No credentials: set GOOGLE_OAUTH_ACCESS_TOKEN, or log in with gcloud auth login${said ? `\n${said}` : ""}`,
    );
  }
}
