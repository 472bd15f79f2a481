import { progressBar } from "../../../runtime/src/cli/progress-bar";

function output(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, written, write: (text: string) => written.push(text) };
}

test("in a log, progress is a line for each tenth that is done", () => {
  const log = output(false);
  const bar = progressBar(log);
  bar.begin("converting", 1000);
  for (let done = 0; done < 1000; done += 40) bar.advance(40);
  bar.end();
  expect(log.written).toHaveLength(10);
  expect(log.written[0]).toBe("converting 12%\n");
  expect(log.written[9]).toBe("converting 100%\n");
});

test("on a terminal, progress is one line that is redrawn now and then and filled at the end", () => {
  const terminal = output(true);
  let now = 0;
  const bar = progressBar(terminal, () => now);
  bar.begin("converting", 200);
  for (let step = 0; step < 100; step++) {
    now += 20;
    bar.advance(1);
  }
  expect(terminal.written).toHaveLength(21);
  expect(terminal.written[20]).toBe(`\r\x1b[Kconverting [${"#".repeat(15)}${".".repeat(15)}] 50%, 0:02 left`);
  bar.end();
  expect(terminal.written.slice(-2)).toEqual([`\r\x1b[Kconverting [${"#".repeat(30)}] 100%`, "\n"]);
});

test("work of no size is done at once", () => {
  const terminal = output(true);
  const bar = progressBar(terminal, () => 0);
  bar.begin("digesting", 0);
  bar.end();
  expect(terminal.written.at(-2)).toContain("100%");
});
