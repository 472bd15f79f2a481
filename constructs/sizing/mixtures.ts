import type { CheckpointConfig } from "./checkpoint-config";
import type { ModelTensor } from "./model-shape";

/** The MLPs of one layer of a mixture of experts. */
export interface Experts {
  readonly count: number;
  readonly width: number;
  /** Of the MLP that every token passes beside its experts; 0 where there is none. */
  readonly sharedWidth: number;
}

/** A family whose layers are those of a dense one with experts in place of the MLP. */
export interface Mixture {
  /** The same model with one MLP: its attention, norms and embeddings are the mixture's own. */
  readonly asDense: (config: CheckpointConfig) => Record<string, unknown>;
  readonly experts: (config: CheckpointConfig) => Experts;
  /** What cannot be read of the experts. */
  readonly findings: (config: CheckpointConfig) => readonly string[];
}

interface MixtureKeys {
  readonly dense: string;
  readonly count: string;
  readonly width: string;
  readonly sharedWidth?: string;
}

/** By `model_type`, after transformers' `modeling_*.py`. The runtime serves none of them; serving engines on GPUs do. */
export const mixtures: Readonly<Record<string, Mixture>> = {
  mixtral: mixture({ dense: "mistral", count: "num_local_experts", width: "intermediate_size" }),
  qwen2_moe: mixture({
    dense: "qwen2",
    count: "num_experts",
    width: "moe_intermediate_size",
    sharedWidth: "shared_expert_intermediate_size",
  }),
  qwen3_moe: mixture({ dense: "qwen3", count: "num_experts", width: "moe_intermediate_size" }),
};

/** The tensors of one layer's experts: three matrices each, and what routes tokens to them. */
export function mixtureTensors(hiddenSize: number, experts: Experts): ModelTensor[] {
  const { count, width, sharedWidth } = experts;
  const mlps = (number: number, ofWidth: number): ModelTensor[] => [
    { role: "matrix", count: 2 * number, rows: ofWidth, columns: hiddenSize },
    { role: "matrix", count: number, rows: hiddenSize, columns: ofWidth },
  ];
  const router = (rows: number): ModelTensor => ({ role: "router", count: 1, rows, columns: hiddenSize });
  return [
    router(count),
    ...mlps(count, width),
    ...(sharedWidth > 0 ? [...mlps(1, sharedWidth), router(1)] : []),
  ];
}

function mixture({ dense, count, width, sharedWidth }: MixtureKeys): Mixture {
  const counted = sharedWidth === undefined ? [count, width] : [count, width, sharedWidth];
  return {
    asDense: (config) => ({ ...config, model_type: dense }),
    experts: (config) => ({
      count: Number(config[count]),
      width: Number(config[width]),
      sharedWidth: sharedWidth === undefined ? 0 : Number(config[sharedWidth]),
    }),
    findings: (config) => [
      ...counted
        .filter((key) => !(Number.isSafeInteger(config[key]) && Number(config[key]) > 0))
        .map((key) => `${key} must be a positive integer, got ${JSON.stringify(config[key])}`),
      ...(everyLayerHasExperts(config)
        ? []
        : ["layers without experts (mlp_only_layers, decoder_sparse_step) are not counted: state none"]),
    ],
  };
}

function everyLayerHasExperts({
  mlp_only_layers: dense,
  decoder_sparse_step: step,
}: CheckpointConfig): boolean {
  const noneIsDense = dense === undefined || dense === null || (Array.isArray(dense) && dense.length === 0);
  return noneIsDense && (step === undefined || step === null || step === 1);
}
