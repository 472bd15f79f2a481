import type { Family } from "./family";
import { gemma } from "./gemma";
import { gemma2 } from "./gemma2";
import { gemma3 } from "./gemma3";
import { llama } from "./llama";
import { mistral } from "./mistral";
import { phi3 } from "./phi3";
import { qwen2 } from "./qwen2";
import { qwen3 } from "./qwen3";

/** Every family that can be served. */
export const families: readonly Family[] = [llama, mistral, qwen2, qwen3, gemma, gemma2, gemma3, phi3];
