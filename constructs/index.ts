export {
  type AcceleratorQuotaRow,
  acceleratorQuotaCatalog,
  acceleratorsWithQuota,
} from "./catalog/accelerator-quotas";
export {
  Accelerator,
  type AcceleratorFacts,
  acceleratorFacts,
  acceleratorNames,
  findZones,
  type MigProfile,
  type NumberFormat,
  nearestZone,
} from "./catalog/accelerators";
export { extendCatalog, forgetExtensions } from "./catalog/catalog-extension";
export {
  cpuPlatformCatalog,
  cpuPlatforms,
  type InstructionSet,
  instructionSets,
} from "./catalog/cpu-platforms";
export { type DataClassification, dataClassifications } from "./catalog/data-classification";
export type { Dated } from "./catalog/data-file";
export { type AddedZones, type CatalogExtension, catalogExtensions } from "./catalog/extension-record";
export type { HourlyPrice } from "./catalog/hourly-price";
export { infoTypeCatalog, infoTypesOf } from "./catalog/info-types";
export type { MachineCandidate } from "./catalog/machine-candidates";
export { type DeepLearningFramework, machineImageCatalog } from "./catalog/machine-images";
export type { MachineDiskType } from "./catalog/machine-limits";
export type { MachineRequirement } from "./catalog/machine-requirement";
export {
  type AcceleratorCount,
  type LocalSsds,
  type MachineType,
  type MachineZones,
  machineType,
  machineTypes,
  machineZones,
  zonesOfMachine,
} from "./catalog/machine-types";
export { type OrganizationPolicy, organizationPolicyCatalog } from "./catalog/organization-policies";
export {
  type AcceleratorPrice,
  acceleratorPrice,
  acceleratorPrices,
  type MachinePrice,
  machinePrice,
  machinePrices,
} from "./catalog/prices";
export { regionCatalog, regions, zonesOf } from "./catalog/regions";
export {
  type MachineAnswer,
  type MachineChoice,
  smallestMachine,
} from "./catalog/smallest-machine";
export {
  cheapestStorageClass,
  type ReadFrequency,
  type StorageClass,
  type StorageUse,
  storageClassCatalog,
} from "./catalog/storage-classes";
export {
  chipsOf,
  type TpuAccelerator,
  type TpuGeneration,
  type TpuMachine,
  tpuGeneration,
  tpuGenerations,
} from "./catalog/tpu-topologies";
export { AcceleratorCluster } from "./compute/accelerator-cluster";
export type { ReleaseChannel } from "./compute/accelerator-cluster-checks";
export type { AcceleratorClusterProps } from "./compute/accelerator-cluster-props";
export type { ClusterFeatures, ICluster } from "./compute/cluster";
export { ClusterAccess, type ClusterAccessProps } from "./compute/cluster-access";
export { type BackupSchedule, ClusterBackup, type ClusterBackupProps } from "./compute/cluster-backup";
export type { IAcceleratorCluster } from "./compute/cluster-base";
export type {
  HeldUpgrades,
  MaintenanceExclusion,
  MaintenanceWindow,
  Weekday,
} from "./compute/cluster-maintenance";
export { CpuServingPool, type CpuServingPoolProps } from "./compute/cpu-serving-pool";
export { GpuNodePool, type GpuNodePoolProps } from "./compute/gpu-node-pool";
export type { GpuAccelerator, GpuDriverVersion, GpuPoolProps } from "./compute/gpu-pool";
export { GpuVirtualMachine } from "./compute/gpu-virtual-machine";
export type { MachineTermination } from "./compute/gpu-virtual-machine-checks";
export type { GpuVirtualMachineProps } from "./compute/gpu-virtual-machine-props";
export type { ImportedClusterProps } from "./compute/imported-cluster";
export type { MachineSchedule } from "./compute/machine-schedule";
export type { AutoscalingProfile, NodeAutoProvisioning } from "./compute/node-auto-provisioning";
export type { NodeNetwork } from "./compute/node-networks";
export type { INodePool, Toleration } from "./compute/node-pool";
export type { NodePoolProps } from "./compute/node-pool-props";
export { Notebook } from "./compute/notebook";
export type { NotebookProps } from "./compute/notebook-props";
export type { BootDiskType, GpuSharing, NodeTaint, NodeUpgrades, PoolScaling } from "./compute/pool-request";
export { SpotTrainingPool, type SpotTrainingPoolProps } from "./compute/spot-training-pool";
export type { SystemPool, SystemPoolSettings } from "./compute/system-pool";
export { type SpotTpus, TpuNodePool, type TpuNodePoolProps } from "./compute/tpu-node-pool";
export {
  checkTpuSlice,
  findTpuSlice,
  type TpuSlice,
  type TpuSliceRequest,
  tpuSlices,
} from "./compute/tpu-slice";
export type { UpgradeNotifications } from "./compute/upgrade-notifications";
export { ConstructError, type Finding } from "./construct-error";
export {
  AcceleratorQuota,
  type AcceleratorQuotaProps,
  type QuotaSafetyCheck,
} from "./governance/accelerator-quota";
export {
  type CustomInfoType,
  DataProtection,
  type DataProtectionProps,
  type Likelihood,
} from "./governance/data-protection";
export { OrganizationPolicies, type OrganizationPoliciesProps } from "./governance/organization-policies";
export { type BudgetPeriod, ProjectBudget, type ProjectBudgetProps } from "./governance/project-budget";
export type { TokenAlphabet, Transformation, TransformationKind } from "./governance/transformation";
export type { KubernetesObject, KubernetesValue } from "./kubernetes/kubernetes-object";
export { RenderedChart, type RenderedChartProps } from "./kubernetes/rendered-chart";
export type { CloudNat } from "./network/cloud-nat";
export type { FirewallException, FirewallProtocol } from "./network/firewall";
export type { FlowLogInterval, FlowLogs } from "./network/flow-logs";
export { Ipv4Range } from "./network/ipv4-range";
export type { NetworkAddresses, SubnetAddresses, SubnetSize } from "./network/network-addresses";
export { PrivateEndpoint, type PrivateEndpointProps } from "./network/private-endpoint";
export {
  type ImportedNetworkProps,
  type INetwork,
  PrivateNetwork,
  type PrivateNetworkProps,
  type SubnetProps,
} from "./network/private-network";
export {
  type PerimeterEgress,
  type PerimeterIdentities,
  type PerimeterIngress,
  ServicePerimeter,
  type ServicePerimeterProps,
} from "./network/service-perimeter";
export type { ImportedSubnetProps, ISubnet } from "./network/subnet";
export { AlertChannel, type AlertChannelProps, type IAlertChannel } from "./observability/alert-channel";
export { type AlertSeverity, LogAlert, type LogAlertProps } from "./observability/log-alert";
export { MetricAlert, type MetricAlertProps, type SeriesReducer } from "./observability/metric-alert";
export { type PolicyPack, policyPacks } from "./policy/packs";
export { Policies, type PoliciesProps, policyReportFiles } from "./policy/policies";
export {
  type EnvironmentPolicyReport,
  type PolicyCounts,
  type PolicyFinding,
  type PolicyReport,
  type ReportedRule,
  type RuleResult,
  summaryOf,
} from "./policy/report";
export { type PolicySuppression, suppressPolicy } from "./policy/suppression";
export { type AuditAlert, auditAlerts } from "./security/audit-alerts";
export {
  type AuditedService,
  AuditTrail,
  type AuditTrailProps,
  type DataAccessType,
} from "./security/audit-trail";
export {
  EncryptionKey,
  type EncryptionKeyProps,
  type IEncryptionKey,
  type KeyProtection,
} from "./security/encryption-key";
export { type IIdentity, Principal } from "./security/identity";
export { ProjectServices, type ProjectServicesProps } from "./security/project-services";
export { type IRotationTopic, RotationTopic, type RotationTopicProps } from "./security/rotation-topic";
export { type ISecretValue, SecretValue, type SecretValueProps } from "./security/secret-value";
export { ServiceAgent, type ServiceAgentMember } from "./security/service-agent";
export {
  type IWorkloadIdentity,
  type KubernetesServiceAccount,
  WorkloadIdentity,
  type WorkloadIdentityProps,
} from "./security/workload-identity";
export {
  type GitHubFederationProps,
  WorkloadIdentityFederation,
  type WorkloadIdentityFederationProps,
} from "./security/workload-identity-federation";
export { CloudRunEndpoint, type CloudRunEndpointProps, type Ingress } from "./serving/cloud-run-endpoint";
export type { EndpointRuntime } from "./serving/cloud-run-runtime";
export type { AcceleratorOffer } from "./sizing/accelerator-offers";
export type { CapacityFigures } from "./sizing/capacity-figures";
export { type CapacityPlan, checkCapacity, planCapacity, requireCapacity } from "./sizing/capacity-plan";
export type { CapacityRemedy } from "./sizing/capacity-remedies";
export type { CapacityRequest } from "./sizing/capacity-request";
export { type CheckpointConfig, checkpointConfigFrom } from "./sizing/checkpoint-config";
export { recommendHardware } from "./sizing/hardware-advice";
export type { HardwareAdvice, HardwareChoice, RejectedHardware } from "./sizing/hardware-choice";
export type { Architecture, Framework, HardwareRequest, HardwareWorkload } from "./sizing/hardware-request";
export type { HardwareKind } from "./sizing/hardware-rules";
export { type HardwareInUse, hardwareWarnings, warnOfHardware } from "./sizing/hardware-warnings";
export type { KvCachePrecision, SlidingWindowCache } from "./sizing/kv-cache";
export type { ArtifactPrecision, WeightPrecision } from "./sizing/weight-storage";
export { ArchiveBucket, type ArchiveBucketProps } from "./storage/archive-bucket";
export type { IEncryptedBucket } from "./storage/bucket";
export type {
  BucketProps,
  BucketRetention,
  EncryptedBucketProps,
  VersionedBucketProps,
} from "./storage/bucket-props";
export { CheckpointBucket, type CheckpointBucketProps } from "./storage/checkpoint-bucket";
export { DatasetBucket, type DatasetBucketProps } from "./storage/dataset-bucket";
export { EncryptedBucket } from "./storage/encrypted-bucket";
export { ImageMirror, type ImageMirrorProps } from "./storage/image-mirror";
export { ImageRepository, type ImageRepositoryProps } from "./storage/image-repository";
export type { IImageSource } from "./storage/image-source";
export { ModelBucket, type ModelBucketProps } from "./storage/model-bucket";
export {
  CapacityFallback,
  type CapacityFallbackProps,
  type CapacitySource,
} from "./training/capacity-fallback";
export {
  ScheduledTraining,
  type ScheduledTrainingProps,
  type VertexCapacity,
} from "./training/scheduled-training";
export type { ICheckpointedCapacity, ITrainingCapacity } from "./training/training-capacity";
export { TrainingJob, type TrainingJobProps, type TrainingJobSettings } from "./training/training-job";
export type { ITrainingQueue } from "./training/training-queue";
export { type QueuedCapacity, TrainingQueues, type TrainingQueuesProps } from "./training/training-queues";
