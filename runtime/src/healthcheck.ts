import { runtimeConfigFromEnvironment, runtimePaths } from "./config";

/** The container's health check: exits 0 when the server in the same container is ready. */
const { port } = runtimeConfigFromEnvironment(process.env);
fetch(`http://127.0.0.1:${port}${runtimePaths.ready}`).then(
  ({ ok }) => process.exit(ok ? 0 : 1),
  () => process.exit(1),
);
