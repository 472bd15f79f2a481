import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { printed, startChild } from "../support/child-server";
import { type BuiltImage, buildDockerfile } from "../support/dockerfile";
import { bytesBelow, filesBelow } from "../support/folder";

const MIB = 1024 * 1024;
/** Nobody, as in the container: neither the owner of the image's files nor root. */
const UID = process.getuid?.() === 0 ? 65534 : undefined;

describe("the training job's image, built as its Dockerfile says", () => {
  let folder: string;
  let checkpoints: string;
  let image: BuiltImage;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "plinth-trainer-image-"));
    chmodSync(folder, 0o755);
    image = buildDockerfile("trainer/Dockerfile", process.cwd(), folder);
    checkpoints = join(folder, "checkpoints");
    mkdirSync(checkpoints);
    chmodSync(checkpoints, 0o777);
  }, 300_000);

  afterAll(() => rmSync(folder, { recursive: true }));

  const start = (env: Record<string, string>) =>
    startChild(image.command, {
      cwd: join(image.root, image.workdir),
      env: { PATH: process.env.PATH, ...image.env, CHECKPOINT_URI: `file://${checkpoints}/run`, ...env },
      uid: UID,
    });

  test("trains as a user who can write nothing but checkpoints, is stopped, and finishes", async () => {
    const first = start({});
    await printed(first, /"message":"trained"/);
    first.process.kill("SIGTERM");
    expect([first.output(), await first.exit]).toEqual([expect.anything(), 143]);
    const [step] = readdirSync(join(checkpoints, "run")).flatMap(
      (name) => /^step-(\d+)$/.exec(name)?.[1] ?? [],
    );
    const second = start({ TRAINER_STEPS: String(Number(step) + 50) });
    expect(await second.exit).toBe(0);
    expect(second.output()).toContain(
      `"step":${Number(step)},"steps":${Number(step) + 50},"message":"resumed"`,
    );
    expect(image.user).toBe("node");
    expect(filesBelow(image.root).filter((file) => (statSync(file).mode & 0o002) !== 0)).toEqual([]);
  }, 60_000);

  test("refuses to start without a folder for checkpoints, with an exit code that says so", async () => {
    const trainer = start({ CHECKPOINT_URI: "" });
    expect(await trainer.exit).toBe(2);
    expect(trainer.output()).toContain("CHECKPOINT_URI: is required");
  });

  test("holds the job's production dependencies, and little else", () => {
    const modules = readdirSync(join(image.root, image.workdir, "node_modules"));
    expect(modules).toEqual(expect.arrayContaining(["pino", "zod"]));
    expect(modules.filter((name) => /cdktf|jest|typescript|constructs|onnx|fastify/.test(name))).toEqual([]);
    expect(bytesBelow(image.root) / MIB).toBeLessThan(20);
  });
});

test("the training job and the runtime are built on the same base", () => {
  const base = (dockerfile: string) => /^ARG NODE_IMAGE=.*$/m.exec(readFileSync(dockerfile, "utf8"))?.[0];
  expect(base("trainer/Dockerfile")).toBe(base("runtime/Dockerfile"));
});
