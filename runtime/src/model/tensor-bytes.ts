import { closeSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { CheckpointError } from "./checkpoint-error";
import { type FloatFormat, widen } from "./float-formats";
import type { ExternalData } from "./onnx/model-proto";
import type { StoredTensor } from "./safetensors";

/** A read of more is refused by the operating system. */
const READ_BYTES_MAX = 1 << 30;

/** Reads bytes of the files in a directory; each file is opened once and stays open until `close`. */
export class TensorBytes {
  private readonly descriptors = new Map<string, number>();

  constructor(private readonly directory: string) {}

  /** @throws CheckpointError where the file has become shorter than its header says */
  read({ file, offset, length }: ExternalData, from = 0, count = length): Uint8Array {
    const bytes = new Uint8Array(count);
    const descriptor = this.descriptor(file);
    for (let done = 0; done < count; ) {
      const wanted = Math.min(count - done, READ_BYTES_MAX);
      const got = readSync(descriptor, bytes, done, wanted, offset + from + done);
      if (got === 0)
        throw new CheckpointError([
          `${file} ends at byte ${offset + from + done}, within a tensor: it was cut off after it was opened`,
        ]);
      done += got;
    }
    return bytes;
  }

  /** A stored tensor of floats, as float32. */
  floats(tensor: StoredTensor): Float32Array {
    return widen(this.read(tensor), tensor.dtype as FloatFormat);
  }

  close(): void {
    for (const descriptor of this.descriptors.values()) closeSync(descriptor);
    this.descriptors.clear();
  }

  private descriptor(file: string): number {
    const open = this.descriptors.get(file) ?? openSync(join(this.directory, file), "r");
    this.descriptors.set(file, open);
    return open;
  }
}

/** Opens the files of a directory for `use` and closes them afterwards. */
export function withTensorBytes<T>(directory: string, use: (bytes: TensorBytes) => T): T {
  const bytes = new TensorBytes(directory);
  try {
    return use(bytes);
  } finally {
    bytes.close();
  }
}
