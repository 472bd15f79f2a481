import { type ResourceRule, unresolved } from "../rule";

export const moduleNotJudged: ResourceRule = {
  id: "module-not-judged",
  checks: "Everything is declared where the rules can see it.",
  why: "What a Terraform module declares is known only when Terraform has fetched it.",
  remedy: "review the module's own resources, and suppress this rule with what the review found",
  controls: [],
  level: "warning",
  appliesTo: ["module"],
  judge: (module) => [unresolved(module.argument("source"))],
};
