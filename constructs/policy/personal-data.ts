import { DATA_CLASSIFICATION_LABEL } from "../catalog/data-classification";
import type { Argument, RenderedResource } from "./rendered-resource";
import { type Objection, unresolved } from "./rule";

/** Classes of data that say something about a person who can ask for its erasure. */
const personal = ["personal", "health", "cardholder"];

export function classificationOf(resource: RenderedResource): Argument {
  return resource.label(DATA_CLASSIFICATION_LABEL);
}

/** Whether a resource holds personal data, by its label; undefined where the label does not tell. */
export function holdsPersonalData(resource: RenderedResource): boolean | undefined {
  const classification = classificationOf(resource);
  if (classification.isAbsent || classification.isUnresolved) return undefined;
  return personal.includes(classification.text);
}

/** What to say of a resource that would break a rule if it held personal data. */
export function unclassified(resource: RenderedResource): Objection {
  const remedy = `label it ${DATA_CLASSIFICATION_LABEL}: nobody can tell whether it holds personal data`;
  return unresolved(classificationOf(resource), remedy);
}
