import fc from "fast-check";
import { crc32c } from "../../../runtime/src/artifacts/crc32c";

/** Bit by bit, as RFC 3720 defines it. */
function naive(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

test.each([
  ["the digits that every implementation is tried on", Buffer.from("123456789"), 0xe3069283],
  ["32 zeros, RFC 3720 B.4", Buffer.alloc(32), 0x8a9136aa],
  ["32 ones, RFC 3720 B.4", Buffer.alloc(32, 0xff), 0x62a8ab43],
  ["counting up, RFC 3720 B.4", Buffer.from(Array.from({ length: 32 }, (_, at) => at)), 0x46dd794e],
  ["nothing", Buffer.alloc(0), 0],
])("%s", (_, bytes, expected) => {
  expect(crc32c(bytes)).toBe(expected);
});

test("is the same as bit by bit, in one piece and in two", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(100), (bytes, cut) => {
      expect(crc32c(bytes)).toBe(naive(bytes));
      expect(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut)))).toBe(naive(bytes));
    }),
  );
});
