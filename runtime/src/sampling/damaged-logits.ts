/** Why no token can be chosen: there is a NaN among the logits, or the best of them is infinite. */
export function damagedLogitsError(): Error {
  return new Error("the model's logits are not finite: its weights may be damaged");
}
