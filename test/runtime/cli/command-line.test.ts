import { HELP, parseCommandLine } from "../../../runtime/src/cli/command-line";
import { findingsOf } from "../../support/findings";

const parse = (line: string) => parseCommandLine(line.split(" ").filter(Boolean));

test.each([
  ["", { name: "serve" }],
  ["serve", { name: "serve" }],
  ["--help", { name: "help" }],
  ["-h", { name: "help" }],
  ["convert --help", { name: "help" }],
  ["convert a b --weights int4", { name: "convert", source: "a", out: "b", weights: "int4" }],
  ["verify a", { name: "verify", directory: "a" }],
  ["evaluate a --text t", { name: "evaluate", directories: ["a"], text: "t", json: false }],
  [
    "evaluate a b --text t --window 64 --stride 32 --threads 2 --json",
    { name: "evaluate", directories: ["a", "b"], text: "t", window: 64, stride: 32, threads: 2, json: true },
  ],
])("plinth-runtime %s", (line, command) => {
  expect(parse(line)).toEqual(command);
});

test.each([
  ["train", ["unknown command train; known are serve, convert, verify, evaluate"]],
  ["serve models/bard", ["serve takes 0 directories, got 1"]],
  [
    "convert a --weights int2",
    ["convert takes 2 directories, got 1", "--weights must be one of fp32, fp16, int8, w8a8, int4, got int2"],
  ],
  ["convert a b", ["--weights must be one of fp32, fp16, int8, w8a8, int4, got nothing"]],
  ["verify a --json", ["verify takes no --json"]],
  [
    "evaluate --window many --stride 0",
    [
      "evaluate takes 1 or 2 directories, got 0",
      "--window must be a whole number from 2, got many",
      "--stride must be a whole number from 1, got 0",
      "evaluate needs --text FILE",
    ],
  ],
  ["evaluate a --text t --window 8 --stride 8", ["--stride must be below --window 8, got 8"]],
])("plinth-runtime %s is refused with everything that is wrong", (line, findings) => {
  expect(findingsOf(() => parse(line))).toEqual(findings);
});

test("an unknown option is named", () => {
  expect(findingsOf(() => parse("verify a --deep"))[0]).toContain("--deep");
});

test("the help names every command", () => {
  for (const command of ["serve", "convert", "verify", "evaluate"]) expect(HELP).toContain(command);
});
