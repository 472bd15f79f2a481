import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ChildServer, printed, startChild } from "../support/child-server";
import { type BuiltImage, buildDockerfile } from "../support/dockerfile";
import { bytesBelow, filesBelow } from "../support/folder";

const MIB = 1024 * 1024;
/** Nobody, as in the container: neither the owner of the image's files nor root. */
const UID = process.getuid?.() === 0 ? 65534 : undefined;

describe("the image, built as its Dockerfile says", () => {
  let folder: string;
  let image: BuiltImage;
  let server: ChildServer;
  let url: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "plinth-image-"));
    chmodSync(folder, 0o755);
    image = buildDockerfile("runtime/Dockerfile", process.cwd(), folder);
    cpSync("models/bard", join(folder, "models", "bard"), { recursive: true });
    server = startChild(image.command, {
      cwd: join(image.root, image.workdir),
      env: {
        PATH: process.env.PATH,
        ...image.env,
        PLINTH_MODEL: join(folder, "models", "bard"),
        PLINTH_PORT: "0",
      },
      uid: UID,
    });
    url = (await printed(server, /"address":"([^"]+)".*"serving"/))[1];
  }, 300_000);

  afterAll(() => {
    server.process.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  });

  test("serves a completion as a user who can write nothing", async () => {
    const response = await fetch(`${url}/v1/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "bard", prompt: "ROMEO:\n", temperature: 0, max_tokens: 60 }),
    });
    expect(await response.json()).toMatchObject({ choices: [{ text: "I'll be satisfied." }] });
    expect(image.user).toBe("node");
    expect(writable(image.root)).toEqual([]);
  });

  test("answers its own health check", () => {
    const check = (port: string) => {
      const [command, ...args] = image.healthcheck;
      const env = { PATH: process.env.PATH, PLINTH_MODEL: "unused", PLINTH_PORT: port };
      return spawnSync(command, args, { cwd: join(image.root, image.workdir), env }).status;
    };
    expect(check(new URL(url).port)).toBe(0);
    expect(check("9")).toBe(1);
  });

  test("converts and verifies a checkpoint where a command follows its name", () => {
    const out = mkdtempSync(join(folder, "out-"));
    chmodSync(out, 0o777);
    const [command, ...entry] = image.command;
    const run = (...args: string[]) =>
      spawnSync(command, [...entry, ...args], {
        cwd: join(image.root, image.workdir),
        env: { PATH: process.env.PATH, ...image.env },
        uid: UID,
        encoding: "utf8",
      });
    const artifact = join(out, "bard-int8");
    expect(run("convert", join(folder, "models", "bard"), artifact, "--weights", "int8")).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("2.6 M parameters as int8"),
    });
    expect(run("verify", artifact).stdout).toContain("all as the manifest has them");
  });

  test("holds the runtime's production dependencies and one native library, and little else", () => {
    const modules = join(image.root, image.workdir, "node_modules");
    const native = join(modules, "onnxruntime-node", "bin", "napi-v6");
    expect(readdirSync(native)).toEqual([process.platform]);
    expect(readdirSync(join(native, process.platform))).toEqual([process.arch]);
    expect(readdirSync(modules).filter((name) => /cdktf|jest|typescript|constructs/.test(name))).toEqual([]);
    expect(bytesBelow(image.root) / MIB).toBeLessThan(100);
  });

  test("finishes what runs when it is told to stop, then exits 0", async () => {
    const running = fetch(`${url}/v1/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "bard", prompt: [1], max_tokens: 300, ignore_eos: true, stream: true }),
    });
    const response = await running;
    server.process.kill("SIGTERM");
    expect(await response.text()).toContain('"finish_reason":"length"');
    expect(await server.exit).toBe(0);
  });
});

test("the Dockerfile's base is a supported long-term release of Node", () => {
  const [, major] = /NODE_IMAGE=node:(\d+)-/.exec(readFileSync("runtime/Dockerfile", "utf8")) ?? [];
  expect(["22", "24", "26"]).toContain(major);
});

/** Files that anyone may write. */
function writable(folder: string): string[] {
  return filesBelow(folder).filter((file) => (statSync(file).mode & 0o002) !== 0);
}
