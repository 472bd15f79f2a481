import type { Progress } from "../artifacts/progress";

/** Where a progress bar is drawn: a terminal, or a log that takes a line now and then. */
export type ProgressOutput = Readonly<{ isTTY?: boolean; write(text: string): unknown }>;

const WIDTH = 30;
const REDRAW_MS = 100;

/**
 * Draws progress: one line that fills up on a terminal, elsewhere a line for each tenth that is done. Own code: what
 * is needed is a line, and the packages for it bring more.
 *
 * @param now milliseconds
 */
export function progressBar(output: ProgressOutput, now: () => number = Date.now): Progress {
  let label = "";
  let total = 0;
  let done = 0;
  let beganAt = 0;
  let drawnAt = 0;
  let tenths = 0;
  const share = () => (total === 0 ? 1 : Math.min(1, done / total));
  const draw = () => {
    const filled = Math.round(share() * WIDTH);
    const bar = `${"#".repeat(filled)}${".".repeat(WIDTH - filled)}`;
    output.write(`\r\x1b[K${label} [${bar}] ${percent(share())}${remaining(share(), now() - beganAt)}`);
    drawnAt = now();
  };
  return {
    begin(part, amount) {
      [label, total, done, tenths] = [part, amount, 0, 0];
      beganAt = now();
      if (output.isTTY) draw();
    },
    advance(amount) {
      done += amount;
      if (output.isTTY) {
        if (now() - drawnAt >= REDRAW_MS) draw();
      } else if (Math.floor(share() * 10) > tenths) {
        tenths = Math.floor(share() * 10);
        output.write(`${label} ${percent(share())}\n`);
      }
    },
    end() {
      if (!output.isTTY) return;
      done = total;
      draw();
      output.write("\n");
    },
  };
}

function percent(share: number): string {
  return `${Math.floor(share * 100)}%`;
}

function remaining(share: number, elapsedMs: number): string {
  if (share === 0 || share === 1) return "";
  const seconds = Math.ceil((elapsedMs / share - elapsedMs) / 1000);
  return `, ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} left`;
}
