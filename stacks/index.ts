export { BootstrapStack, type BootstrapStackProps } from "./bootstrap-stack";
export type {
  AuditSettings,
  BudgetSettings,
  FoundationSettings,
  GitHubBranch,
  KeySettings,
  NetworkSettings,
  PerimeterSettings,
  PublishingSettings,
  QuotaSettings,
  SecretSettings,
} from "./foundation-settings";
export { FoundationStack, type FoundationStackProps } from "./foundation-stack";
export { PlinthStack, type PlinthStackProps } from "./plinth-stack";
export { type ServingSizes, ServingStack, type ServingStackProps } from "./serving-stack";
