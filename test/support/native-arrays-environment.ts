import NodeEnvironment from "jest-environment-node";

/**
 * Jest gives tests a realm of their own, whose typed arrays a native addon does not recognise. Tests that run
 * onnxruntime in their own thread take this environment, which shares the arrays of the outer realm.
 */
export default class NativeArraysEnvironment extends NodeEnvironment {
  override async setup(): Promise<void> {
    await super.setup();
    Object.assign(this.global, { BigInt64Array, Float32Array, Int32Array, Uint16Array, Uint8Array });
  }
}
