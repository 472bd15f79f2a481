import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ErrorCode, errorTable, RuntimeError } from "../../runtime/src/errors";

const PAGE = readFileSync(join(__dirname, "../../docs/reference/errors.md"), "utf8");

/** The rows of the table whose header begins so, each as its cells without code marks. */
function tableOf(page: string, header: string): string[][] {
  const lines = page.slice(page.indexOf(header)).split("\n");
  const end = lines.findIndex((line) => !line.startsWith("|"));
  return lines
    .slice(2, end)
    .map((line) => line.split("|").slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim().replaceAll("`", "")));
}

describe("the reference page of errors", () => {
  test("holds the table of errors as the runtime has it", () => {
    const expected = Object.entries(errorTable).map(([code, kind]) => [
      code,
      `${kind.status}`,
      kind.type,
      "retryAfterSeconds" in kind ? `${kind.retryAfterSeconds}` : "",
    ]);
    expect(tableOf(PAGE, "| code | status | type | Retry-After |")).toEqual(expected);
  });

  test("says of each when it occurs and what to do", () => {
    const rows = tableOf(PAGE, "| code | when | what a client should do |");
    expect(rows.map(([code]) => code)).toEqual(Object.keys(errorTable));
    for (const [, when, remedy] of rows) expect([when, remedy]).not.toContain("");
  });
});

describe("an error with a code", () => {
  test("has the body that OpenAI's clients read", () => {
    const error = new RuntimeError("context_length_exceeded", "too long", "prompt");
    expect(error.kind.status).toBe(400);
    expect(error.body).toEqual({
      error: {
        message: "too long",
        type: "invalid_request_error",
        param: "prompt",
        code: "context_length_exceeded",
      },
    });
  });

  test("says null where no field is at fault", () => {
    expect(new RuntimeError("queue_full", "full").body.error.param).toBeNull();
  });

  test.each(Object.keys(errorTable) as ErrorCode[])(
    "asks for a retry where that may help and nowhere else: %s",
    (code) => {
      const { status, retryAfterSeconds } = new RuntimeError(code, "").kind;
      expect(retryAfterSeconds !== undefined).toBe(status === 429 || status === 503);
    },
  );
});
