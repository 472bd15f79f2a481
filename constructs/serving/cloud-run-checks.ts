import { posix } from "node:path";
import {
  parseRuntimeConfig,
  type RuntimeConfig,
  RuntimeConfigError,
  type RuntimeConfigInput,
  runtimeConfigSchema,
  runtimeSettings,
} from "../../runtime/src/config";
import { cloudRunCatalog } from "../catalog/cloud-run";
import { checkName } from "../catalog/names";
import { checkWhole } from "../catalog/whole-numbers";
import type { Finding } from "../construct-error";
import type { CheckpointConfig } from "../sizing/checkpoint-config";
import { checkRuntimeCapacity } from "../sizing/runtime-capacity";
import type { ArtifactPrecision } from "../sizing/weight-storage";
import { dictatedSettings, type EndpointRuntime, endpointRuntime, MODELS_MOUNT } from "./cloud-run-runtime";

/** What an endpoint asks of Cloud Run, defaults filled in. */
export interface CloudRunRequest {
  readonly name: string;
  readonly image: string;
  readonly modelPath: string;
  readonly checkpoint?: CheckpointConfig;
  readonly storedWeights?: ArtifactPrecision;
  readonly runtime: EndpointRuntime;
  readonly cpu: number;
  readonly memoryMiB: number;
  readonly instancesMin: number;
  readonly instancesMax: number;
  readonly concurrency?: number;
  readonly requestTimeoutSeconds: number;
}

/**
 * Every reason for which Cloud Run would refuse this endpoint, or would run it and fail later. What is left out,
 * because it is not known yet or has a finding elsewhere, is not judged.
 */
export function checkCloudRunEndpoint(request: Partial<CloudRunRequest>): Finding[] {
  const { name, image, modelPath, requestTimeoutSeconds } = request;
  return [
    ...(name === undefined ? [] : checkName("serviceAccount", "name", name)),
    ...(image === undefined ? [] : checkName("image", "image", image)),
    ...(modelPath === undefined ? [] : checkModelPath(modelPath)),
    ...checkMachine(request),
    ...checkInstances(request),
    ...checkStatedWhole(
      "requestTimeoutSeconds",
      requestTimeoutSeconds,
      1,
      cloudRunCatalog.requestTimeoutSecondsMax,
    ),
    ...checkRuntime(request),
  ];
}

/** The path has to stay below the mount, where the bucket is. */
function checkModelPath(modelPath: string): Finding[] {
  const parts = modelPath.split("/");
  if (parts.every((part) => part !== "" && part !== "." && part !== "..")) return [];
  const remedy = 'name a folder of the bucket, as "bard" or "gemma/9b": no slash first or last, no ".."';
  return [{ property: "modelPath", received: modelPath, remedy }];
}

function checkMachine({ cpu, memoryMiB }: Partial<CloudRunRequest>): Finding[] {
  const machines = cloudRunCatalog.memoryMiBPerCpu;
  const machine = machines.find((candidate) => candidate.cpu === cpu);
  const findings: Finding[] = [];
  if (cpu !== undefined && machine === undefined)
    findings.push({
      property: "cpu",
      received: cpu,
      remedy: `use ${machines.map((known) => known.cpu).join(", ")}`,
    });
  if (memoryMiB === undefined) return findings;
  if (!Number.isInteger(memoryMiB))
    return [...findings, { property: "memoryMiB", received: memoryMiB, remedy: "use a whole number" }];
  // Without a machine there is nothing to measure the memory by.
  if (machine === undefined) return findings;
  if (memoryMiB >= machine.min && memoryMiB <= machine.max) return [];
  const fitting = machines.find(({ min, max }) => memoryMiB >= min && memoryMiB <= max);
  const otherwise = fitting ? `, or cpu ${fitting.cpu}` : "";
  const remedy = `with cpu ${cpu} use ${machine.min} to ${machine.max}${otherwise}`;
  return [{ property: "memoryMiB", received: memoryMiB, remedy }];
}

function checkInstances({ instancesMin, instancesMax }: Partial<CloudRunRequest>): Finding[] {
  const findings = [
    ...checkStatedWhole("instancesMin", instancesMin, 0, cloudRunCatalog.instancesMax),
    ...checkStatedWhole("instancesMax", instancesMax, 1, cloudRunCatalog.instancesMax),
  ];
  if (
    findings.length === 0 &&
    instancesMin !== undefined &&
    instancesMax !== undefined &&
    instancesMin > instancesMax
  )
    findings.push({
      property: "instancesMin",
      received: instancesMin,
      remedy: `use at most instancesMax, which is ${instancesMax}`,
    });
  return findings;
}

function checkRuntime(request: Partial<CloudRunRequest>): Finding[] {
  const { modelPath, runtime, memoryMiB, concurrency, requestTimeoutSeconds } = request;
  if (runtime === undefined) return [];
  const stated = endpointRuntime(modelPath ?? "", withoutDictated(runtime));
  const faults = [...checkDictated(runtime), ...refusedByRuntime(stated)];
  const faulty = new Set(faults.map(({ property }) => property));
  const config = settingBySetting(stated);
  const unfit = [
    ...checkPort(config),
    ...checkGracePeriod(config),
    ...(memoryMiB === undefined ? [] : checkMemory(request, config, memoryMiB)),
    ...checkConcurrency(config, concurrency),
    ...checkRequestTimeout(config, requestTimeoutSeconds),
    ...checkWrittenPath("weightsCacheDirectory", config.weightsCacheDirectory),
    ...checkWrittenPath("stepTraceFile", config.stepTraceFile),
  ];
  return [...faults, ...unfit.filter(({ property }) => !faulty.has(property))];
}

function checkDictated(runtime: EndpointRuntime): Finding[] {
  return Object.entries(dictatedSettings).flatMap(([setting, remedy]) => {
    const received: unknown = Reflect.get(runtime, setting);
    return received === undefined ? [] : [{ property: `runtime.${setting}`, received, remedy }];
  });
}

function withoutDictated(runtime: EndpointRuntime): EndpointRuntime {
  return Object.fromEntries(Object.entries(runtime).filter(([setting]) => !(setting in dictatedSettings)));
}

/**
 * The configuration with defaults in place of settings that the runtime refuses, so that one fault does not hide
 * what Cloud Run would refuse of the others.
 */
function settingBySetting(runtime: RuntimeConfigInput): RuntimeConfig {
  const settled = runtimeSettings.map((setting) => {
    const schema = runtimeConfigSchema.shape[setting];
    const { success, data } = schema.safeParse(runtime[setting]);
    return [setting, success ? data : schema.safeParse(undefined).data];
  });
  return Object.fromEntries(settled);
}

/** The runtime's own findings on its configuration. */
function refusedByRuntime(runtime: RuntimeConfigInput): Finding[] {
  try {
    parseRuntimeConfig(runtime);
    return [];
  } catch (error) {
    if (!(error instanceof RuntimeConfigError)) throw error;
    return error.faults.map(({ setting, rule }) => {
      const received: unknown = Reflect.get(runtime, setting);
      return { property: `runtime.${setting}`, received, remedy: rule };
    });
  }
}

function checkPort({ port }: RuntimeConfig): Finding[] {
  if (port > 0) return [];
  return [
    {
      property: "runtime.port",
      received: port,
      remedy: "name a port: Cloud Run must know where to send requests",
    },
  ];
}

function checkGracePeriod({ gracePeriodSeconds }: RuntimeConfig): Finding[] {
  const { terminationSeconds } = cloudRunCatalog;
  if (gracePeriodSeconds < terminationSeconds) return [];
  const remedy = `use at most ${terminationSeconds - 1}: Cloud Run kills an instance ${terminationSeconds} s after SIGTERM`;
  return [{ property: "runtime.gracePeriodSeconds", received: gracePeriodSeconds, remedy }];
}

/** By the checkpoint's own figures where it is known; otherwise half is for the cache. */
function checkMemory(
  { checkpoint, storedWeights, modelPath = "" }: Partial<CloudRunRequest>,
  config: RuntimeConfig,
  memoryMiB: number,
): Finding[] {
  if (checkpoint === undefined) return checkKvCache(config, memoryMiB);
  if (!Number.isInteger(memoryMiB)) return [];
  const model = posix.basename(modelPath);
  return checkRuntimeCapacity({ checkpoint, model, storedWeights, config, memoryMiB, larger: largerMachine });
}

function largerMachine(memoryMiB: number): string | undefined {
  const machine = cloudRunCatalog.memoryMiBPerCpu.find(({ max }) => max >= memoryMiB);
  return machine && `raise memoryMiB to ${Math.max(memoryMiB, machine.min)}, with cpu ${machine.cpu} or more`;
}

/**
 * Half is for the cache, the other half for weights, activations and process, whose sizes are not known here. Weights
 * that an instance converts for itself take memory twice, since its file system lies there too.
 */
function checkKvCache({ kvCacheMiB }: RuntimeConfig, memoryMiB: number): Finding[] {
  if (kvCacheMiB <= memoryMiB / 2) return [];
  const remedy = `use at most ${Math.floor(memoryMiB / 2)}, half of memoryMiB, or raise memoryMiB to ${kvCacheMiB * 2}`;
  return [{ property: "runtime.kvCacheMiB", received: kvCacheMiB, remedy }];
}

/** What an instance is sent beyond what it runs and queues, it answers with a 429 while others may be idle. */
function checkConcurrency(config: RuntimeConfig, stated: number | undefined): Finding[] {
  const { maxSequences, maxQueuedRequests } = config;
  const concurrency = stated ?? maxSequences;
  const max = Math.min(cloudRunCatalog.concurrencyMax, maxSequences + maxQueuedRequests);
  if (Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= max) return [];
  const remedy =
    stated === undefined
      ? `Cloud Run sends an instance at most ${max} requests: state a concurrency, or lower maxSequences`
      : `use 1 to ${max}, the lesser of maxSequences + maxQueuedRequests and Cloud Run's ${cloudRunCatalog.concurrencyMax}`;
  const property = stated === undefined ? "runtime.maxSequences" : "concurrency";
  return [{ property, received: concurrency, remedy }];
}

/** A time limit beyond Cloud Run's own would never be reached: the response is cut off before, without an error to read. */
function checkRequestTimeout(config: RuntimeConfig, cutAfterSeconds: number | undefined): Finding[] {
  const received = config.requestTimeoutSeconds;
  if (received === undefined || cutAfterSeconds === undefined || received <= cutAfterSeconds) return [];
  const remedy = `use at most the endpoint's own requestTimeoutSeconds, which is ${cutAfterSeconds}: Cloud Run ends a response then`;
  return [{ property: "runtime.requestTimeoutSeconds", received, remedy }];
}

function checkWrittenPath(setting: keyof EndpointRuntime, path: string | undefined): Finding[] {
  if (path === undefined || !`${posix.normalize(path)}/`.startsWith(`${MODELS_MOUNT}/`)) return [];
  const remedy = `use a path outside of ${MODELS_MOUNT}, where the model bucket is mounted to be read only, as "/tmp/..."`;
  return [{ property: `runtime.${setting}`, received: path, remedy }];
}

function checkStatedWhole(
  property: string,
  received: number | undefined,
  min: number,
  max: number,
): Finding[] {
  return received === undefined ? [] : checkWhole(property, received, min, max);
}
