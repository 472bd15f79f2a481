import { App } from "cdktf";
import { Accelerator, AcceleratorCluster, EncryptionKey, Policies, PrivateNetwork } from "../../constructs";
import { PlinthStack } from "../../stacks";
import { reportUse } from "./process-use";

const CLUSTERS = 10;

/** Synthesises a stack of ten clusters with so many pools between them, judged by every rule, and says what that took. */
const [outdir, pools] = process.argv.slice(2);
reportUse(() => {
  const app = new App({ outdir, stackTraces: false });
  const stack = new PlinthStack(app, "bench-platform", {
    environment: "bench",
    project: "plinth-bench-example",
    region: "europe-west4",
    stateBucket: "plinth-bench-example-tfstate",
  });
  const key = EncryptionKey.fromKeyId(
    stack,
    "Key",
    "projects/plinth-bench-example/locations/europe-west4/keyRings/bench/cryptoKeys/bench",
  );
  const names = Array.from({ length: CLUSTERS }, (_, index) => `c${index}`);
  const network = new PrivateNetwork(stack, "Network", {
    name: "plinth-bench",
    region: "europe-west4",
    cidr: "10.0.0.0/8",
    subnets: Object.fromEntries(names.map((name) => [name, { nodes: 250, podsPerNode: 32 }])),
  });
  const clusters = names.map(
    (name) =>
      new AcceleratorCluster(stack, name, {
        name: `plinth-bench-${name}`,
        network,
        subnet: network.subnet(name),
        key,
      }),
  );
  for (let pool = 0; pool < Number(pools); pool++)
    clusters[pool % CLUSTERS].addGpuPool(`p${pool}`, {
      accelerator: Accelerator.NVIDIA_L4,
      perNode: 1,
      autoscaling: { min: 0, max: 8 },
    });
  Policies.enforce([stack], { name: "bench" });
  app.synth();
  return app;
});
