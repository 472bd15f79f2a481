import { ContainerCluster } from "@cdktf/provider-google/lib/container-cluster";
import { DataGoogleContainerCluster } from "@cdktf/provider-google/lib/data-google-container-cluster";
import { DataGoogleProject } from "@cdktf/provider-google/lib/data-google-project";
import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import { gkeCatalog } from "../catalog/gke";
import { checkName } from "../catalog/names";
import { zonesOf } from "../catalog/regions";
import { ConstructError } from "../construct-error";
import type { INetwork } from "../network/private-network";
import type { ISubnet } from "../network/subnet";
import type { IEncryptionKey } from "../security/encryption-key";
import { ServiceAgent } from "../security/service-agent";
import { type IWorkloadIdentity, WorkloadIdentity } from "../security/workload-identity";
import type { ImageRepository } from "../storage/image-repository";
import {
  checkAcceleratorCluster,
  checkZones,
  plannedPodsPerNode,
  type ReleaseChannel,
} from "./accelerator-cluster-checks";
import type { ClusterFeatures } from "./cluster";
import { type BackupSchedule, ClusterBackup } from "./cluster-backup";
import { ClusterBase, type IAcceleratorCluster } from "./cluster-base";
import {
  defaultWindow,
  type MaintenanceExclusion,
  type MaintenanceWindow,
  maintenancePolicy,
} from "./cluster-maintenance";
import {
  type AutoscalingProfile,
  clusterAutoscaling,
  type NodeAutoProvisioning,
} from "./node-auto-provisioning";
import { defaultSystemScaling, SystemPool, type SystemPoolSettings } from "./system-pool";
import { UpgradeNotifications } from "./upgrade-notifications";

export interface AcceleratorClusterProps {
  /** Name of the cluster. */
  readonly name: string;

  /** Network that the nodes are in. */
  readonly network: INetwork;

  /** Subnet of that network with ranges for pods and services, in the region of the key. */
  readonly subnet: ISubnet;

  /**
   * Key of what the cluster keeps in etcd, of its nodes' disks and of its backups. The cluster runs where its key lies.
   */
  readonly key: IEncryptionKey;

  /**
   * Zones that the nodes lie in, in order of preference: those that offer the accelerators.
   *
   * @default - all zones of the region
   */
  readonly zones?: readonly string[];

  /**
   * Repositories that the nodes pull images from.
   *
   * @default - none
   */
  readonly images?: readonly ImageRepository[];

  /**
   * Account id of what the nodes run as.
   *
   * @default - the cluster's name and `-nodes`
   */
  readonly nodeAccountName?: string;

  /**
   * How soon Kubernetes' versions reach the cluster.
   *
   * @default "regular"
   */
  readonly releaseChannel?: ReleaseChannel;

  /**
   * When GKE may upgrade the cluster: 48 hours at least of any 32 days.
   *
   * @default - Saturdays and Sundays from 00:00 UTC, for 8 hours
   */
  readonly maintenanceWindow?: MaintenanceWindow;

  /**
   * Times in which GKE leaves the cluster as it is, by name.
   *
   * @default - none
   */
  readonly maintenanceExclusions?: Readonly<Record<string, MaintenanceExclusion>>;

  /**
   * Pods that a node may run. Settled when the cluster is made.
   *
   * @default - as many as the subnet was planned for; 110 where it is imported
   */
  readonly podsPerNode?: number;

  /**
   * Machine and size of the pool that exists first, where what needs no accelerator runs.
   *
   * @default - e2-standard-4; one node per zone, in three zones at most, up to four times as many
   */
  readonly systemPool?: Partial<SystemPoolSettings>;

  /**
   * Whether a node goes soon after it has little to do, or later.
   *
   * @default "optimize-utilization"
   */
  readonly autoscalingProfile?: AutoscalingProfile;

  /**
   * Limits within which GKE makes pools by itself, for pods that no declared pool takes. State it when the cluster is
   * made: stated later, the provider replaces the cluster for the key of those pools' disks. From GKE 1.33.3 on a
   * compute class gets its pools without it.
   *
   * @default - GKE makes none
   */
  readonly nodeAutoProvisioning?: NodeAutoProvisioning;

  /**
   * Images start before they are read whole.
   *
   * @default true
   */
  readonly imageStreaming?: boolean;

  /**
   * Buckets can be mounted into pods.
   *
   * @default true
   */
  readonly bucketMounts?: boolean;

  /**
   * Nodes can have further network interfaces, as machines with eight GPUs need for traffic between them.
   *
   * @default false
   */
  readonly multiNetworking?: boolean;

  /**
   * Only images that the project's Binary Authorization policy admits are run. Until there is one, that is every image.
   *
   * @default true
   */
  readonly binaryAuthorization?: boolean;

  /**
   * Ranges, by name, from which the control plane is reached at an address of the network too: `{ office:
   * "10.8.0.0/16" }`. It never has an address on the internet.
   *
   * @default - its DNS name alone, which Google's IAM guards
   */
  readonly privateEndpoint?: Readonly<Record<string, string>>;

  /**
   * Domain whose group `gke-security-groups` holds the groups that Kubernetes' access control may name.
   *
   * @default - it names accounts only
   */
  readonly groupsDomain?: string;

  /**
   * When the cluster is backed up, or false for never.
   *
   * @default - daily at 03:00 UTC, kept for 30 days
   */
  readonly backup?: BackupSchedule | false;

  /**
   * Whether GKE says on a topic of the cluster's own that it is or can be upgraded, or has a vulnerability.
   *
   * @default false
   */
  readonly upgradeNotifications?: boolean;

  /**
   * Labels of the cluster beside the stack's.
   *
   * @default - none
   */
  readonly labels?: Readonly<Record<string, string>>;

  /**
   * Whether Terraform refuses to destroy the cluster and its backups.
   *
   * @default true
   */
  readonly deletionProtection?: boolean;
}

export interface ImportedClusterProps {
  /** Name of the cluster in Google Cloud. */
  readonly name: string;

  readonly network: INetwork;
  readonly subnet: ISubnet;

  /** Key of its nodes' disks, in the cluster's region. */
  readonly key: IEncryptionKey;

  /** What its nodes run as. */
  readonly nodeIdentity: IWorkloadIdentity;

  /**
   * Project of the cluster.
   *
   * @default - the stack's
   */
  readonly project?: string;

  /**
   * Zones that its nodes lie in, in order of preference.
   *
   * @default - all zones of the region
   */
  readonly zones?: readonly string[];

  /**
   * What it offers to its pools.
   *
   * @default - images are streamed and buckets can be mounted, without further network interfaces
   */
  readonly features?: Partial<ClusterFeatures>;
}

const defaultFeatures: ClusterFeatures = { imageStreaming: true, multiNetworking: false, bucketMounts: true };

/**
 * A regional cluster for accelerators: private nodes, a control plane without an address on the internet, everything
 * that it stores encrypted with a key of one's own, and a pool without accelerators that exists before any other.
 */
export class AcceleratorCluster extends ClusterBase {
  /** A cluster that is managed elsewhere, with a DNS endpoint and a pool without accelerators. */
  static fromName(scope: Construct, id: string, props: ImportedClusterProps): IAcceleratorCluster {
    return new ImportedCluster(scope, id, props);
  }

  readonly clusterId: string;
  readonly clusterName: string;
  readonly project: string;
  readonly region: string;
  readonly zones: readonly string[];
  readonly endpoint: string;
  readonly workloadPool: string;
  readonly network: INetwork;
  readonly subnet: ISubnet;
  readonly key: IEncryptionKey;
  readonly nodeIdentity: WorkloadIdentity;
  readonly features: ClusterFeatures;
  readonly ready: readonly ITerraformDependable[];

  /** Nodes for what needs no accelerator. */
  readonly systemPool: SystemPool;

  /** Where GKE says that the cluster is upgraded, if that is asked for. */
  readonly upgradeNotifications?: UpgradeNotifications;

  constructor(scope: Construct, id: string, props: AcceleratorClusterProps) {
    super(scope, id);
    const { name, network, subnet, key, images = [], deletionProtection = true } = props;
    const { zones = zonesOf(key.location), nodeAccountName = `${name}-nodes`, backup = {} } = props;
    const { releaseChannel = "regular", autoscalingProfile = "optimize-utilization", labels = {} } = props;
    const { nodeAutoProvisioning, privateEndpoint, groupsDomain, binaryAuthorization = true } = props;
    const maintenance = {
      window: props.maintenanceWindow ?? defaultWindow,
      exclusions: props.maintenanceExclusions ?? {},
    };
    const podsPerNode = props.podsPerNode ?? plannedPodsPerNode(subnet) ?? gkeCatalog.podsPerNode.default;
    const systemPool = {
      machineType: "e2-standard-4",
      autoscaling: defaultSystemScaling(zones),
      ...props.systemPool,
    };
    ConstructError.throwIfAny(
      this,
      checkAcceleratorCluster({
        name,
        nodeAccountName,
        key,
        subnet,
        zones,
        releaseChannel,
        maintenance,
        podsPerNode,
        systemPool,
        autoscalingProfile,
        nodeAutoProvisioning,
        privateEndpoint,
        groupsDomain,
        backup,
        labels,
      }),
    );

    this.network = network;
    this.subnet = subnet;
    this.key = key;
    this.region = key.location;
    this.zones = zones;
    this.features = {
      imageStreaming: props.imageStreaming ?? defaultFeatures.imageStreaming,
      multiNetworking: props.multiNetworking ?? defaultFeatures.multiNetworking,
      bucketMounts: props.bucketMounts ?? defaultFeatures.bucketMounts,
    };
    this.nodeIdentity = new WorkloadIdentity(this, "Nodes", {
      name: nodeAccountName,
      description: `Nodes of ${name}: writes their logs and metrics, and pulls images`,
    });
    if (props.upgradeNotifications)
      this.upgradeNotifications = new UpgradeNotifications(this, "Upgrades", {
        name: `${name}-upgrades`,
        key,
      });

    const { projectId } = new DataGoogleProject(this, "Project");
    const diskKeyId = key.keyIdFor(ServiceAgent.COMPUTE);
    const cluster = new ContainerCluster(this, "Resource", {
      name,
      location: this.region,
      nodeLocations: [...zones],
      resourceLabels: labels,

      network: network.selfLink,
      subnetwork: subnet.selfLink,
      networkingMode: "VPC_NATIVE",
      datapathProvider: "ADVANCED_DATAPATH",
      ipAllocationPolicy: {
        stackType: "IPV4",
        clusterSecondaryRangeName: subnet.podsRangeName,
        servicesSecondaryRangeName: subnet.servicesRangeName,
      },
      defaultMaxPodsPerNode: podsPerNode,
      enableIntranodeVisibility: true,
      // Once on it cannot be turned off, and load balancers inside of the network reach 250 nodes at most without.
      enableL4IlbSubsetting: true,
      enableMultiNetworking: this.features.multiNetworking,
      serviceExternalIpsConfig: { enabled: false },
      gatewayApiConfig: { channel: "CHANNEL_STANDARD" },
      // Left to Google the domain reads back as a change.
      dnsConfig: {
        clusterDns: "CLOUD_DNS",
        clusterDnsScope: "CLUSTER_SCOPE",
        clusterDnsDomain: "cluster.local",
      },

      controlPlaneEndpointsConfig: {
        dnsEndpointConfig: { allowExternalTraffic: true },
        ipEndpointsConfig: { enabled: privateEndpoint !== undefined },
      },
      // Google says true of the endpoint where there is none.
      privateClusterConfig: { enablePrivateNodes: true, enablePrivateEndpoint: true },
      masterAuthorizedNetworksConfig:
        privateEndpoint === undefined
          ? undefined
          : {
              gcpPublicCidrsAccessEnabled: false,
              privateEndpointEnforcementEnabled: true,
              cidrBlocks: Object.entries(privateEndpoint).map(([displayName, cidrBlock]) => ({
                displayName,
                cidrBlock,
              })),
            },
      masterAuth: { clientCertificateConfig: { issueClientCertificate: false } },
      enableLegacyAbac: false,
      anonymousAuthenticationConfig: { mode: "LIMITED" },
      rbacBindingConfig: {
        enableInsecureBindingSystemAuthenticated: false,
        enableInsecureBindingSystemUnauthenticated: false,
      },
      authenticatorGroupsConfig:
        groupsDomain === undefined ? undefined : { securityGroup: `gke-security-groups@${groupsDomain}` },
      workloadIdentityConfig: { workloadPool: `${projectId}.svc.id.goog` },

      databaseEncryption: { state: "ENCRYPTED", keyName: key.keyIdFor(ServiceAgent.GKE) },
      enableShieldedNodes: true,
      binaryAuthorization: {
        evaluationMode: binaryAuthorization ? "PROJECT_SINGLETON_POLICY_ENFORCE" : "DISABLED",
      },
      securityPostureConfig: { mode: "BASIC", vulnerabilityMode: "VULNERABILITY_DISABLED" },

      releaseChannel: { channel: releaseChannel.toUpperCase() },
      maintenancePolicy: maintenancePolicy(maintenance),
      notificationConfig:
        this.upgradeNotifications === undefined
          ? undefined
          : {
              pubsub: {
                enabled: true,
                topic: this.upgradeNotifications.topicId,
                filter: { eventType: [...gkeCatalog.notifiedEvents] },
              },
            },

      addonsConfig: {
        httpLoadBalancing: { disabled: false },
        horizontalPodAutoscaling: { disabled: false },
        dnsCacheConfig: { enabled: true },
        gcePersistentDiskCsiDriverConfig: { enabled: true },
        gcsFuseCsiDriverConfig: { enabled: this.features.bucketMounts },
        gkeBackupAgentConfig: { enabled: backup !== false },
      },
      loggingConfig: { enableComponents: [...gkeCatalog.logComponents] },
      monitoringConfig: {
        enableComponents: [...gkeCatalog.metricComponents],
        managedPrometheus: { enabled: true },
        advancedDatapathObservabilityConfig: { enableMetrics: true, enableRelay: false },
      },
      costManagementConfig: { enabled: true },

      clusterAutoscaling: clusterAutoscaling({
        profile: autoscalingProfile,
        limits: nodeAutoProvisioning,
        zones,
        serviceAccount: this.nodeIdentity.email,
        diskKeyId,
      }),
      nodePoolDefaults: {
        nodeConfigDefaults: {
          gcfsConfig: { enabled: this.features.imageStreaming },
          insecureKubeletReadonlyPortEnabled: "FALSE",
        },
      },

      // GKE makes no cluster without a pool. It goes at once, but for as long as it is there its disks have the key and
      // its nodes an account of their own, as organization policies may demand.
      removeDefaultNodePool: true,
      initialNodeCount: 1,
      nodeConfig: {
        machineType: "e2-standard-2",
        diskSizeGb: 50,
        bootDiskKmsKey: diskKeyId,
        serviceAccount: this.nodeIdentity.email,
        oauthScopes: ["https://www.googleapis.com/auth/cloud-platform"],
        shieldedInstanceConfig: { enableSecureBoot: true, enableIntegrityMonitoring: true },
        workloadMetadataConfig: { mode: "GKE_METADATA" },
      },

      deletionProtection,
      timeouts: { create: "60m", update: "120m", delete: "60m" },
      lifecycle: {
        preventDestroy: deletionProtection,
        // Of a pool that is gone. Any difference would replace the cluster.
        ignoreChanges: ["node_config"],
      },
      // Nodes that may not write logs or pull images never become ready.
      dependsOn: [
        this.nodeIdentity.grantProjectRole("roles/container.defaultNodeServiceAccount"),
        ...images.map((repository) => repository.grantRead(this.nodeIdentity)),
      ],
    });
    this.clusterId = cluster.id;
    this.clusterName = cluster.name;
    this.project = cluster.project;
    this.endpoint = `https://${cluster.controlPlaneEndpointsConfig.dnsEndpointConfig.endpoint}`;
    this.workloadPool = cluster.workloadIdentityConfig.workloadPool;
    this.systemPool = new SystemPool(this, "SystemPool", { cluster: this, ...systemPool });
    this.ready = [this.systemPool.resource];
    if (backup !== false) new ClusterBackup(this, "Backup", { cluster: this, deletionProtection, ...backup });
  }
}

class ImportedCluster extends ClusterBase {
  readonly clusterId: string;
  readonly clusterName: string;
  readonly project: string;
  readonly region: string;
  readonly zones: readonly string[];
  readonly endpoint: string;
  readonly workloadPool: string;
  readonly network: INetwork;
  readonly subnet: ISubnet;
  readonly key: IEncryptionKey;
  readonly nodeIdentity: IWorkloadIdentity;
  readonly features: ClusterFeatures;
  readonly ready: readonly ITerraformDependable[] = [];

  constructor(scope: Construct, id: string, props: ImportedClusterProps) {
    super(scope, id);
    const { name, project, network, subnet, key, nodeIdentity, features = {} } = props;
    const { zones = zonesOf(key.location) } = props;
    ConstructError.throwIfAny(this, [
      ...checkName("cluster", "name", name),
      ...checkZones("zones", zones, key.location),
    ]);

    this.region = key.location;
    const cluster = new DataGoogleContainerCluster(this, "Resource", {
      name,
      location: this.region,
      project,
    });
    this.clusterId = cluster.id;
    this.clusterName = name;
    this.project = project ?? cluster.project;
    this.zones = zones;
    const endpoints = cluster.controlPlaneEndpointsConfig.get(0);
    this.endpoint = `https://${endpoints.dnsEndpointConfig.get(0).endpoint}`;
    this.workloadPool = cluster.workloadIdentityConfig.get(0).workloadPool;
    this.network = network;
    this.subnet = subnet;
    this.key = key;
    this.nodeIdentity = nodeIdentity;
    this.features = { ...defaultFeatures, ...features };
  }
}
