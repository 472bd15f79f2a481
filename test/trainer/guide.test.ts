import { existsSync, readFileSync } from "node:fs";
import { checkpointVariables } from "../../trainer/src/checkpoint-config";
import { jobConfigFromEnvironment, trainerVariables } from "../../trainer/src/config";
import { errorTable } from "../../trainer/src/errors";
import { exitCodes } from "../../trainer/src/exit-codes";

const guide = readFileSync("docs/guides/training.md", "utf8");

/** The cells of the table rows that begin with a word in code style, or a number. */
const rows = [...guide.matchAll(/^\| `?([\w.-]+)`?.* \|$/gm)].map(([row, first]) => ({
  first,
  cells: row.split("|").map((cell) => cell.trim()),
}));
const row = (first: string) => rows.find((candidate) => candidate.first === first)?.cells;

test("the training guide has every variable with its default, and no other", () => {
  const { checkpoint, trainer } = jobConfigFromEnvironment({ CHECKPOINT_URI: "/checkpoints/run" });
  const defaults = [
    ...Object.entries(checkpointVariables).map(([setting, name]) => [name, Reflect.get(checkpoint, setting)]),
    ...Object.entries(trainerVariables).map(([setting, name]) => [name, Reflect.get(trainer, setting)]),
  ];
  for (const [name, value] of defaults) {
    const cells = row(name);
    expect([name, cells]).toEqual([name, expect.anything()]);
    if (typeof value === "number" || name === "TRAINER_LOG_LEVEL")
      expect([name, cells?.[3]]).toEqual([name, `${value}`]);
  }
  const named = rows.map(({ first }) => first).filter((first) => /^[A-Z_]{5,}$/.test(first));
  expect(named).toEqual(defaults.map(([name]) => name));
});

test("the training guide has every error with its exit code, and every exit code", () => {
  for (const [code, { exitCode }] of Object.entries(errorTable))
    expect([code, row(code)?.[2]]).toEqual([code, `${exitCode}`]);
  for (const exitCode of Object.values(exitCodes))
    expect([exitCode, row(`${exitCode}`)]).toEqual([exitCode, expect.anything()]);
});

test("the files that the training guide says to copy are there", () => {
  const files = [...guide.matchAll(/`([\w-]+\.ts)`/g)].map(([, file]) => file);
  expect(files.length).toBeGreaterThan(8);
  for (const file of files) expect([file, existsSync(`trainer/src/${file}`)]).toEqual([file, true]);
});
