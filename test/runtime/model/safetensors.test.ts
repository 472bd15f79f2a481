import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { CheckpointError } from "../../../runtime/src/model/checkpoint-error";
import { readSafetensorsHeader } from "../../../runtime/src/model/safetensors";
import { findingsOf } from "../../support/findings";
import { safetensorsBytes, writeSafetensors } from "../../support/safetensors";
import { removeTemporaryDirectories, temporaryDirectory } from "../../support/temporary-directory";

const FILE = "model.safetensors";

function read(write: (path: string) => void) {
  const path = join(temporaryDirectory(), FILE);
  write(path);
  return readSafetensorsHeader(path, FILE);
}

const readBytes = (bytes: Uint8Array) => read((path) => writeFileSync(path, bytes));
const readHeader = (header: unknown, dataBytes = 64) =>
  readBytes(safetensorsBytes(JSON.stringify(header), dataBytes));

afterEach(removeTemporaryDirectories);

describe("a safetensors header", () => {
  test("tells dtype, shape and place of each tensor", () => {
    const header = { a: { dtype: "F32", shape: [2, 3], data_offsets: [0, 24] } };
    const start = 8 + JSON.stringify(header).length;
    expect(readHeader(header)).toEqual(
      new Map([["a", { file: FILE, dtype: "F32", shape: [2, 3], offset: start, length: 24 }]]),
    );
  });

  test("places tensors one behind the other", () => {
    const tensors = read((path) =>
      writeSafetensors(path, {
        a: { dtype: "F32", shape: [4] },
        b: { dtype: "BF16", shape: [2, 2] },
        c: { dtype: "F16", shape: [] },
      }),
    );
    const start = tensors.get("a")?.offset as number;
    expect([...tensors.values()].map(({ offset, length }) => [offset - start, length])).toEqual([
      [0, 16],
      [16, 8],
      [24, 2],
    ]);
  });

  test("may hold metadata, spaces behind it and tensors of no size", () => {
    const header = { __metadata__: { format: "pt" }, a: { dtype: "F32", shape: [0], data_offsets: [0, 0] } };
    const tensors = readBytes(safetensorsBytes(`${JSON.stringify(header)}   `, 0));
    expect([...tensors.keys()]).toEqual(["a"]);
  });

  test("may hold tensors of dtypes that the runtime does not know", () => {
    expect(readHeader({ a: { dtype: "F8_E4M3", shape: [3], data_offsets: [0, 3] } }).get("a")).toMatchObject({
      dtype: "F8_E4M3",
      length: 3,
    });
  });
});

describe("a safetensors file is refused", () => {
  test.each([
    ["is empty", Buffer.alloc(0)],
    ["is shorter than its prefix", Buffer.alloc(7)],
    ["has a header that is longer than the file", safetensorsBytes("{}", 0).subarray(0, 9)],
    ["claims a huge header", Buffer.concat([Buffer.alloc(8, 0xff), Buffer.from("{}")])],
    ["is a pointer to a large file", Buffer.from("version https://git-lfs.github.com/spec/v1\n")],
  ])("when it %s", (_, bytes) => {
    expect(findingsOf(() => readBytes(bytes))).toEqual([
      expect.stringMatching(
        `^${FILE}: not a safetensors file, or cut off: ${bytes.length} bytes, header of `,
      ),
    ]);
  });

  test("when its header is not JSON", () => {
    const refuse = () => readBytes(safetensorsBytes("{'a': 1}", 0));
    expect(refuse).toThrow(CheckpointError);
    expect(findingsOf(refuse)).toEqual([
      expect.stringMatching(`^${FILE}: the safetensors header is not JSON: `),
    ]);
  });

  test.each([["null"], ["[1, 2]"], ['"text"'], ["12"]])("when its header is %s and no object", (header) => {
    expect(findingsOf(() => readBytes(safetensorsBytes(header, 0)))).toEqual([
      expect.stringMatching(`^${FILE}: the safetensors header is not `),
    ]);
  });

  test("when its data is cut off, and names each tensor that is", () => {
    const header = {
      a: { dtype: "F32", shape: [2], data_offsets: [0, 8] },
      b: { dtype: "F32", shape: [2], data_offsets: [8, 16] },
      c: { dtype: "F32", shape: [2], data_offsets: [16, 24] },
    };
    const start = 8 + JSON.stringify(header).length;
    expect(findingsOf(() => readHeader(header, 12))).toEqual([
      `${FILE}: tensor b ends at byte ${start + 16}, the file has ${start + 12}: download it again`,
      `${FILE}: tensor c ends at byte ${start + 24}, the file has ${start + 12}: download it again`,
    ]);
  });

  test.each([
    ["is null", null],
    ["has no dtype", { shape: [1], data_offsets: [0, 4] }],
    ["has no shape", { dtype: "F32", data_offsets: [0, 4] }],
    ["has a negative length", { dtype: "F32", shape: [-1], data_offsets: [0, 4] }],
    ["has a broken length", { dtype: "F32", shape: [0.5], data_offsets: [0, 2] }],
    ["has one offset", { dtype: "F32", shape: [1], data_offsets: [4] }],
    ["ends before it begins", { dtype: "F8_E4M3", shape: [4], data_offsets: [4, 0] }],
    ["has fewer bytes than its shape asks for", { dtype: "F32", shape: [2], data_offsets: [0, 4] }],
    ["has more bytes than its shape asks for", { dtype: "BF16", shape: [2], data_offsets: [0, 8] }],
  ])("when a tensor's entry %s", (_, entry) => {
    expect(
      findingsOf(() => readHeader({ good: { dtype: "F16", shape: [], data_offsets: [0, 2] }, entry })),
    ).toEqual([`${FILE}: tensor entry has a malformed entry ${JSON.stringify(entry)}`]);
  });

  test("when several entries are malformed, with all of them", () => {
    expect(findingsOf(() => readHeader({ a: {}, b: { dtype: 1 } }))).toHaveLength(2);
  });
});
