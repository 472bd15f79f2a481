import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

/** The last stage of a Dockerfile, carried out in a folder. */
export type BuiltImage = Readonly<{
  /** The folder that stands for the image's root. */
  root: string;
  workdir: string;
  env: Readonly<Record<string, string>>;
  user: string;
  command: readonly string[];
  healthcheck: readonly string[];
}>;

type Stage = {
  root: string;
  workdir: string;
  env: Record<string, string>;
  user: string;
  command: string[];
  healthcheck: string[];
};

/**
 * Does what a Dockerfile does where no container engine is at hand: a folder per stage stands for its file system, and
 * RUN lines run on this machine. Knows the instructions that ours uses and refuses others.
 *
 * @param context folder that COPY reads
 * @param target empty folder for the stages
 */
export function buildDockerfile(dockerfile: string, context: string, target: string): BuiltImage {
  const stages = new Map<string, Stage>();
  const args: Record<string, string> = {};
  let stage: Stage | undefined;
  for (const [instruction, rest] of instructions(readFileSync(dockerfile, "utf8"))) {
    if (instruction === "ARG") {
      const [name, value] = rest.split("=");
      args[name] = value;
      continue;
    }
    if (instruction === "FROM") {
      const root = join(target, `stage-${stages.size}`);
      stage = { root, workdir: "/", env: {}, user: "root", command: [], healthcheck: [] };
      stages.set(/ AS (\S+)/.exec(rest)?.[1] ?? "final", stage);
      mkdirSync(root, { recursive: true });
      continue;
    }
    if (!stage) throw new Error(`${instruction} before FROM`);
    apply(stage, instruction, rest, { context, stages, args });
  }
  if (!stage) throw new Error(`${dockerfile} has no FROM`);
  return stage;
}

type Surroundings = { context: string; stages: ReadonlyMap<string, Stage>; args: Record<string, string> };

function apply(
  stage: Stage,
  instruction: string,
  rest: string,
  { context, stages, args }: Surroundings,
): void {
  const inside = (path: string) => join(stage.root, path.startsWith("/") ? path : join(stage.workdir, path));
  switch (instruction) {
    case "WORKDIR":
      stage.workdir = rest;
      mkdirSync(inside(rest), { recursive: true });
      return;
    case "ENV": {
      const [name, value] = rest.split("=");
      stage.env[name] = value;
      return;
    }
    case "COPY": {
      const words = rest.split(/\s+/);
      const from = words[0].startsWith("--from=")
        ? stages.get((words.shift() as string).slice("--from=".length))
        : undefined;
      const target = words.pop() as string;
      if (!from) for (const source of words) expectInContext(context, source);
      for (const source of words)
        cpSync(
          join(from?.root ?? context, source),
          target.endsWith("/") ? inside(join(target, basename(source))) : inside(target),
          {
            recursive: true,
            verbatimSymlinks: true,
          },
        );
      return;
    }
    case "RUN": {
      const env = { ...process.env, ...args, ...stage.env };
      const { status, stderr } = spawnSync("sh", ["-c", rest], {
        cwd: inside("."),
        env,
        encoding: "utf8",
      });
      if (status !== 0) throw new Error(`RUN ${rest}\n${stderr}`);
      return;
    }
    case "USER":
      stage.user = rest;
      return;
    case "ENTRYPOINT":
      stage.command = JSON.parse(rest);
      return;
    case "HEALTHCHECK":
      stage.healthcheck = JSON.parse(rest.slice(rest.indexOf("[")));
      return;
    case "EXPOSE":
      return;
    default:
      throw new Error(`no counterpart for ${instruction} ${rest}`);
  }
}

/** A file that .dockerignore keeps back is not there for COPY. Knows "*" and exceptions from it. */
function expectInContext(context: string, source: string): void {
  const [everything, ...rest] = meaningfulLines(readFileSync(join(context, ".dockerignore"), "utf8"));
  if (everything !== "*" || rest.some((line) => !line.startsWith("!")))
    throw new Error(".dockerignore: expected * and then exceptions");
  const kept = rest.map((line) => line.slice(1));
  if (!kept.some((path) => source === path || source.startsWith(`${path}/`)))
    throw new Error(`COPY ${source}: .dockerignore keeps it back`);
}

function meaningfulLines(text: string): string[] {
  return text.split("\n").filter((line) => line.trim() !== "" && !line.trimStart().startsWith("#"));
}

function instructions(text: string): [instruction: string, rest: string][] {
  const lines = meaningfulLines(text).join("\n").replaceAll("\\\n", " ").split("\n");
  return lines.map((line) => {
    const [instruction, ...words] = line.trim().split(/\s+/);
    return [instruction, words.join(" ")];
  });
}
