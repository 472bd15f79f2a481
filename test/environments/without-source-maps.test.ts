import { withoutSourceMaps } from "../../environments/without-source-maps";

describe("work without source maps", () => {
  const before = process.sourceMapsEnabled;
  afterEach(() => process.setSourceMapsEnabled(before));

  test.each([true, false])("leaves them as they were, which was %s", (enabled) => {
    process.setSourceMapsEnabled(enabled);
    expect(withoutSourceMaps(() => process.sourceMapsEnabled)).toBe(false);
    expect(process.sourceMapsEnabled).toBe(enabled);
  });

  test("leaves them as they were where it fails", () => {
    process.setSourceMapsEnabled(true);
    const fail = () => {
      throw new RangeError("no");
    };
    expect(() => withoutSourceMaps(fail)).toThrow(RangeError);
    expect(process.sourceMapsEnabled).toBe(true);
  });
});
