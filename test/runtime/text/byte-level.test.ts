import { byteLevelBytes } from "../../../runtime/src/text/byte-level";

describe("byte-level characters", () => {
  test.each([
    ["ASCII as itself", "A~", [0x41, 0x7e]],
    ["a space", "Ġ", [0x20]],
    ["a newline", "Ċ", [0x0a]],
    ["the first and the last that do not print", "ĀŃ", [0x00, 0xad]],
    ["é in two bytes", "Ã©", [0xc3, 0xa9]],
    ["the highest byte", "ÿ", [0xff]],
  ])("stand for bytes: %s", (_, token, bytes) => {
    expect(byteLevelBytes(token)).toEqual(bytes);
  });

  test("are 256 different ones", () => {
    const characters = Array.from({ length: 0x144 }, (_, code) => String.fromCharCode(code));
    const bytes = characters.flatMap(byteLevelBytes);
    expect([...bytes].sort((a, b) => a - b)).toEqual(Array.from({ length: 256 }, (_, byte) => byte));
  });
});
