import type { FastifyBaseLogger } from "fastify";
import type { Runtime } from "./runtime";

/** npm passes on the signal that the terminal has already sent: one Ctrl-C arrives twice. */
const ECHO_MS = 500;

/**
 * Serves until a signal or the engine's end.
 *
 * The first SIGTERM or SIGINT drains, a second one ends the grace period. A model that is still being loaded when it
 * ends is waited for by nobody: the process kills itself.
 *
 * @param onReady is told the address when the model is loaded
 * @returns the process's exit code
 * @throws what listening or loading throws
 */
export async function serve(
  runtime: Runtime,
  logger: FastifyBaseLogger,
  onReady: (address: string) => void,
): Promise<number> {
  const hurry = new AbortController();
  let firstAt: number | undefined;
  const stopped = new Promise<number>((resolve) => {
    const stop = (signal: NodeJS.Signals) => {
      logger.info({ signal, inFlight: runtime.engine.inFlight }, "draining");
      if (firstAt === undefined) {
        firstAt = Date.now();
        void runtime.drain(hurry.signal).then((isClean) => {
          if (isClean) resolve(0);
          // To exit, Node would wait for the thread that loads the model. No request is lost: none was admitted.
          else process.kill(process.pid, "SIGKILL");
        });
      } else if (Date.now() - firstAt > ECHO_MS) hurry.abort();
    };
    process.on("SIGTERM", stop).on("SIGINT", stop);
  });
  const served = async () => {
    try {
      const address = await runtime.start();
      if (!runtime.isDraining) onReady(address);
    } catch (cause) {
      // Who is told to stop while the model loads has not failed to start.
      if (firstAt !== undefined) return stopped;
      throw cause;
    }
    const cause = await runtime.engine.died;
    logger.fatal({ err: cause }, "the engine died");
    await runtime.drain(hurry.signal);
    return 1;
  };
  return Promise.race([stopped, served()]);
}
