/** Natural logarithms of the softmax. */
export function logSoftmax(logits: readonly number[]): number[] {
  const best = Math.max(...logits);
  const logSumExp = best + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - best), 0));
  return logits.map((logit) => logit - logSumExp);
}
