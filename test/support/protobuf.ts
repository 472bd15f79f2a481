import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

/** What one field of a message holds: a varint or float as a number, anything with a length as bytes. */
type FieldValue = number | Uint8Array;

/** A protobuf message read without its schema: the values of each field, in their order. */
export class Message {
  private readonly fields = new Map<number, FieldValue[]>();

  constructor(bytes: Uint8Array) {
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const [field, wireType] = reader.tag();
      this.fields.set(field, [...(this.fields.get(field) ?? []), readValue(reader, wireType)]);
    }
  }

  get fieldNumbers(): number[] {
    return [...this.fields.keys()].sort((a, b) => a - b);
  }

  numbers(field: number): number[] {
    return this.values(field).map(Number);
  }

  bytes(field: number): Uint8Array[] {
    return this.values(field) as Uint8Array[];
  }

  texts(field: number): string[] {
    return this.bytes(field).map((bytes) => Buffer.from(bytes).toString());
  }

  messages(field: number): Message[] {
    return this.bytes(field).map((bytes) => new Message(bytes));
  }

  /** The only message of a field, or that of a path of fields. */
  only(...path: number[]): Message {
    return path.reduce<Message>((message, field) => {
      const found = message.messages(field);
      expect(found).toHaveLength(1);
      return found[0];
    }, this);
  }

  private values(field: number): FieldValue[] {
    return this.fields.get(field) ?? [];
  }
}

function readValue(reader: BinaryReader, wireType: WireType): FieldValue {
  switch (wireType) {
    case WireType.Varint:
      return Number(reader.int64());
    case WireType.Bit32:
      return reader.float();
    case WireType.LengthDelimited:
      return reader.bytes();
    default:
      throw new Error(`unexpected wire type ${wireType}`);
  }
}
