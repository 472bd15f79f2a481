import { printed, startChild } from "../support/child-server";
import { removeTemporaryDirectories } from "../support/temporary-directory";
import { tinyCheckpoint, tinyConfig, tinyTensors } from "../support/tiny-checkpoint";

const startMain = (env: Readonly<Record<string, string>>) =>
  startChild([process.execPath, "--import", "tsx", "runtime/src/main.ts"], {
    cwd: process.cwd(),
    env: { ...process.env, PLINTH_PORT: "0", PLINTH_HOST: "127.0.0.1", ...env },
  });

afterEach(removeTemporaryDirectories);

/** A checkpoint that takes a while to load: 100 MiB of weights that the session widens. */
function largeCheckpoint(): string {
  const config = { ...tinyConfig, vocab_size: 200_000, hidden_size: 256 };
  const tensors = Object.entries(tinyTensors(config)).map(([name, { shape }]) => [
    name,
    { dtype: "BF16", shape },
  ]);
  return tinyCheckpoint(Object.fromEntries(tensors), { "config.json": config });
}

describe("the container's process", () => {
  test("that is told to stop while it loads exits 0 and never says that it serves", async () => {
    const child = startMain({ PLINTH_MODEL: largeCheckpoint() });
    await printed(child, /Server listening/);
    child.process.kill("SIGTERM");
    expect(await child.exit).toBe(0);
    expect(child.output()).toContain('"draining"');
    expect(child.output()).not.toContain('"serving"');
  });

  test("kills itself where loading outlasts the grace period, since nothing can interrupt it", async () => {
    const child = startMain({ PLINTH_MODEL: largeCheckpoint(), PLINTH_GRACE_PERIOD_SECONDS: "0" });
    await printed(child, /Server listening/);
    child.process.kill("SIGTERM");
    await child.exit;
    expect(child.process.signalCode).toBe("SIGKILL");
  });

  test("names everything that is wrong with its environment and exits 1", async () => {
    const child = startMain({ PLINTH_MODEL: "", PLINTH_PORT: "many", PLINTH_PROT: "80" });
    expect(await child.exit).toBe(1);
    expect(child.output()).toContain(
      "plinth-runtime cannot start:\nPLINTH_MODEL: is required\nPLINTH_PORT: must be",
    );
    expect(child.output()).toContain("PLINTH_PROT: unknown setting");
  });
});
