/**
 * Rotary position embedding: how far each pair of dimensions turns per position.
 * `linear` and `llama3` follow transformers' `modeling_rope_utils.py`.
 */
export type RopeSettings = Readonly<{ theta: number }> &
  (
    | Readonly<{ type: "default" }>
    | Readonly<{ type: "linear"; factor: number }>
    | Readonly<{
        type: "llama3";
        factor: number;
        lowFreqFactor: number;
        highFreqFactor: number;
        originalMaxPositions: number;
      }>
  );

/**
 * Tables of cosines and sines, each `[positions, rotaryDim / 2]`.
 * @param rotaryDim how many dimensions of a head are rotated
 */
export function ropeTables(
  rope: RopeSettings,
  rotaryDim: number,
  positions: number,
): { cos: Float32Array; sin: Float32Array } {
  const frequencies = ropeFrequencies(rope, rotaryDim);
  const half = frequencies.length;
  const cos = new Float32Array(positions * half);
  const sin = new Float32Array(positions * half);
  for (let position = 0; position < positions; position++)
    for (let pair = 0; pair < half; pair++) {
      // The reference multiplies in float32, and for long contexts the rounding of the angle is visible.
      const angle = Math.fround(position * frequencies[pair]);
      cos[position * half + pair] = Math.cos(angle);
      sin[position * half + pair] = Math.sin(angle);
    }
  return { cos, sin };
}

/** Radians per position of each pair of dimensions: `[rotaryDim / 2]`. */
export function ropeFrequencies(rope: RopeSettings, rotaryDim: number): Float32Array {
  return Float32Array.from({ length: rotaryDim / 2 }, (_, pair) =>
    scale(rope, rope.theta ** ((-2 * pair) / rotaryDim)),
  );
}

function scale(rope: RopeSettings, frequency: number): number {
  switch (rope.type) {
    case "default":
      return frequency;
    case "linear":
      return frequency / rope.factor;
    case "llama3": {
      const turns = (rope.originalMaxPositions * frequency) / (2 * Math.PI);
      if (turns < rope.lowFreqFactor) return frequency / rope.factor;
      if (turns > rope.highFreqFactor) return frequency;
      const smooth = (turns - rope.lowFreqFactor) / (rope.highFreqFactor - rope.lowFreqFactor);
      return ((1 - smooth) * frequency) / rope.factor + smooth * frequency;
    }
  }
}
