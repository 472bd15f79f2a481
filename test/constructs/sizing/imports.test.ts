import { execFileSync } from "node:child_process";

/** Files of the runtime that are loaded with the constructs. */
function loadedOfRuntime(): string[] {
  const script = `
    require("./constructs/sizing/capacity-plan.ts");
    require("./constructs/serving/cloud-run-endpoint.ts");
    console.log(JSON.stringify(Object.keys(require.cache)));
  `;
  const output = execFileSync(process.execPath, ["--import", "tsx", "--eval", script], { encoding: "utf8" });
  const files: string[] = JSON.parse(output);
  return files
    .map((file) =>
      file.replaceAll("\\", "/").replace(/^.*\/(?=runtime\/src\/|node_modules\/onnxruntime)/, ""),
    )
    .filter((file) => /^runtime\/|^node_modules\/onnxruntime/.test(file));
}

test("of the runtime the constructs load its schema and its reader of config.json, and no ONNX", () => {
  const loaded = loadedOfRuntime().filter((file) => !file.startsWith("runtime/src/model/families/"));
  expect(loaded.sort()).toEqual([
    "runtime/src/config.ts",
    "runtime/src/model/config-reader.ts",
    "runtime/src/model/decoder-config.ts",
    "runtime/src/model/decoder-tensors.ts",
  ]);
});
