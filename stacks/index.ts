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
export type {
  CpuPoolSettings,
  GpuPoolSettings,
  PlatformSettings,
  PoolSettings,
  SpotPoolSettings,
  SystemPoolSize,
  TpuPoolSettings,
} from "./platform-settings";
export { PlatformStack, type PlatformStackProps } from "./platform-stack";
export { PlinthStack, type PlinthStackProps } from "./plinth-stack";
export { type ServingSizes, ServingStack, type ServingStackProps } from "./serving-stack";
export type {
  CapacitySettings,
  JobSettings,
  NotebookSettings,
  ScheduleSettings,
  TrainingSettings,
} from "./training-settings";
export { TrainingStack, type TrainingStackProps } from "./training-stack";
