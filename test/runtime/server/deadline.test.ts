import OpenAI from "openai";
import { type RunningRuntime, startRuntime } from "../../support/running-runtime";

/** Far more than a millisecond's work. */
const endless = { model: "bard", prompt: "ROMEO:\n", max_tokens: 500, ignore_eos: true };
const error = { error: { code: "deadline_exceeded", type: "server_error", param: null } };

describe("a request whose deadline passes", () => {
  let server: RunningRuntime;
  beforeAll(async () => {
    server = await startRuntime();
  });
  afterAll(() => server.stop());

  test("gets a 504, and frees what it held", async () => {
    const response = await server.post("/v1/completions", { ...endless, timeout_ms: 1 });
    expect(response.status).toBe(504);
    expect(await response.json()).toMatchObject(error);
    expect(server.runtime.engine.inFlight).toBe(0);
  });

  test("ends a stream with the error as an event", async () => {
    const response = await server.post("/v1/completions", { ...endless, stream: true, timeout_ms: 1 });
    expect(response.status).toBe(200);
    const events = (await response.text()).trimEnd().split("\n\n");
    expect(events.pop()).toBe("data: [DONE]");
    expect(JSON.parse(String(events.pop()).slice("data: ".length))).toMatchObject(error);
  });

  test("is an error of the official client's", async () => {
    const request = { ...endless, timeout_ms: 1 };
    await expect(server.client.completions.create(request)).rejects.toThrow(OpenAI.InternalServerError);
  });

  test("does not fail where it ends in time", async () => {
    const response = await server.post("/v1/completions", {
      ...endless,
      max_tokens: 2,
      timeout_ms: 86_400_000,
    });
    expect(response.status).toBe(200);
  });
});
