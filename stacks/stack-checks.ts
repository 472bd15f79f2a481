import { checkName } from "../constructs/catalog/names";
import { checkRegion } from "../constructs/catalog/regions";
import type { Finding } from "../constructs/construct-error";
import type { PlinthStackProps } from "./plinth-stack";

/** Labels that PlinthStack sets itself. */
const reservedLabels = ["environment", "managed-by"];

/** Every reason for which Google would refuse what a stack states for all of its resources. */
export function checkStack(props: Partial<PlinthStackProps>): Finding[] {
  const { environment, project, region, labels = {} } = props;
  return [
    // It becomes the value of a label.
    ...(environment === undefined ? [] : checkName("labelValue", "environment", environment)),
    ...(project === undefined ? [] : checkName("project", "project", project)),
    ...(region === undefined ? [] : checkRegion("region", region)),
    ...checkLabelCount(Object.keys(labels).length),
    ...Object.entries(labels).flatMap(([key, value]) => checkLabel(key, value)),
  ];
}

/** Of the 64 that Google allows on a resource, the stack takes two and a bucket one: what kind of data it holds. */
const LABELS_MAX = 61;

function checkLabelCount(count: number): Finding[] {
  if (count <= LABELS_MAX) return [];
  return [{ property: "labels", received: `${count} labels`, remedy: `state at most ${LABELS_MAX}` }];
}

function checkLabel(key: string, value: string): Finding[] {
  const property = `labels.${key}`;
  if (reservedLabels.includes(key))
    return [{ property, received: value, remedy: "leave it out: every stack sets it" }];
  return [...checkName("labelKey", property, key), ...checkName("labelValue", property, value)];
}
