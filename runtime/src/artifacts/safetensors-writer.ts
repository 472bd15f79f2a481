import { type FileHandle, open } from "node:fs/promises";

export type TensorLayout = Readonly<{ name: string; dtype: string; shape: readonly number[]; bytes: number }>;

/** The header's length is a multiple of this, so that every tensor begins aligned to its elements. */
const ALIGNMENT = 64;

/**
 * Writes a safetensors file whose layout is known before its data: the header first, then the tensors' bytes at
 * their places, in whatever order they become known.
 */
export class SafetensorsWriter {
  private constructor(
    private readonly file: FileHandle,
    private readonly offsets: ReadonlyMap<string, number>,
  ) {}

  /** @param layout in the order of the file */
  static async create(path: string, layout: readonly TensorLayout[]): Promise<SafetensorsWriter> {
    let end = 0;
    const places = layout.map((tensor) => {
      const begin = end;
      end += tensor.bytes;
      return { ...tensor, begin, end };
    });
    const entries = places.map(({ name, dtype, shape, begin, end: until }) => [
      name,
      { dtype, shape, data_offsets: [begin, until] },
    ]);
    const json = Buffer.from(
      JSON.stringify({ __metadata__: { format: "pt" }, ...Object.fromEntries(entries) }),
    );
    const header = Buffer.alloc(Math.ceil((8 + json.length) / ALIGNMENT) * ALIGNMENT, " ");
    header.writeBigUInt64LE(BigInt(header.length - 8));
    json.copy(header, 8);
    const file = await open(path, "wx");
    const offsets = new Map(places.map(({ name, begin }) => [name, header.length + begin]));
    const writer = new SafetensorsWriter(file, offsets);
    try {
      await writer.writeAt(header, 0);
    } catch (cause) {
      await file.close();
      throw cause;
    }
    return writer;
  }

  /** @param at bytes from the tensor's beginning */
  async write(name: string, bytes: Uint8Array, at: number): Promise<void> {
    await this.writeAt(bytes, (this.offsets.get(name) as number) + at);
  }

  /** Makes sure that the data is on the disk. */
  async finish(): Promise<void> {
    await this.file.sync();
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  private async writeAt(bytes: Uint8Array, offset: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.file.write(bytes, done, bytes.length - done, offset + done);
      done += bytesWritten;
    }
  }
}
