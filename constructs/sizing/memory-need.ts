import type { HardwareWork, HardwareWorkload } from "./hardware-request";

/** What a model takes over its weights, beside what the items of a batch take. */
const growth: Readonly<Record<HardwareWorkload, number>> = {
  /** Mixed precision with Adam: for each weight of 2 bytes 2 of gradient, 4 of master copy and 8 of moments. */
  training: 8,
  /** Adapters: the weights are frozen, and what is trained is small beside them. */
  "fine-tuning": 1.5,
  "batch-inference": 1.2,
  "online-inference": 1.2,
};

/** Bytes that a model and one batch take while they are computed. */
export function memoryNeed({ workload, modelBytes, batch, itemBytes }: HardwareWork): number {
  return modelBytes * growth[workload] + batch * itemBytes;
}
