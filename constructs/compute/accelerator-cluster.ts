import { ContainerCluster } from "@cdktf/provider-google/lib/container-cluster";
import { DataGoogleProject } from "@cdktf/provider-google/lib/data-google-project";
import type { ITerraformDependable } from "cdktf";
import type { Construct } from "constructs";
import { gkeCatalog } from "../catalog/gke";
import { zonesOf } from "../catalog/regions";
import { ConstructError } from "../construct-error";
import type { INetwork } from "../network/private-network";
import type { ISubnet } from "../network/subnet";
import type { IEncryptionKey } from "../security/encryption-key";
import { ServiceAgent } from "../security/service-agent";
import { WorkloadIdentity } from "../security/workload-identity";
import { checkAcceleratorCluster } from "./accelerator-cluster-checks";
import type { AcceleratorClusterProps } from "./accelerator-cluster-props";
import type { ClusterFeatures } from "./cluster";
import { ClusterBackup } from "./cluster-backup";
import { ClusterBase, defaultFeatures, type IAcceleratorCluster } from "./cluster-base";
import { defaultWindow, maintenancePolicy } from "./cluster-maintenance";
import { ImportedCluster, type ImportedClusterProps } from "./imported-cluster";
import { clusterAutoscaling } from "./node-auto-provisioning";
import { plannedPodsPerNode } from "./planned-pods";
import { defaultSystemScaling, SystemPool } from "./system-pool";
import { UpgradeNotifications } from "./upgrade-notifications";

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
