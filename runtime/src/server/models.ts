import type { FastifyInstance } from "fastify";
import type { ServedModel } from "./served-model";

/** `GET /v1/models` and `GET /v1/models/NAME`. */
export function registerModels(app: FastifyInstance, model: ServedModel): void {
  const card = {
    id: model.name,
    object: "model",
    created: Math.floor(Date.now() / 1000),
    owned_by: "plinth",
    max_model_len: model.plan.maxModelLen,
  };
  app.get("/v1/models", async () => ({ object: "list", data: [card] }));
  app.get<{ Params: { "*": string } }>("/v1/models/*", async (request) => {
    model.expectName(request.params["*"]);
    return card;
  });
}
