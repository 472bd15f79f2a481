import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/**
 * The part of ONNX's protobuf format that a decoder graph needs, written straight from plain data.
 * Field numbers: onnx/onnx.proto of the ONNX project.
 */

/** `TensorProto.DataType` */
export enum DataType {
  FLOAT = 1,
  UINT8 = 2,
  INT8 = 3,
  INT32 = 6,
  INT64 = 7,
  BOOL = 9,
  FLOAT16 = 10,
  BFLOAT16 = 16,
}

/** A dimension: a length, or a name for one that each run chooses. */
export type Dimension = number | string;

export type ValueInfo = Readonly<{ name: string; type: DataType; shape: readonly Dimension[] }>;

/** Bytes of a tensor that lie in a file beside the model, so that they are mapped and not copied. */
export type ExternalData = Readonly<{ file: string; offset: number; length: number }>;

export type Initializer = Readonly<{
  name: string;
  type: DataType;
  dims: readonly number[];
  data: Uint8Array | ExternalData;
}>;

/** A branch of an If: what it does not compute it takes from the graph around it. */
export type Branch = Readonly<{ branch: string; nodes: readonly Node[]; output: ValueInfo }>;

export type Attribute = number | string | readonly number[] | Readonly<{ float: number }> | Branch;

export type Node = Readonly<{
  name: string;
  domain: string;
  opType: string;
  inputs: readonly string[];
  outputs: readonly string[];
  attributes: Readonly<Record<string, Attribute>>;
}>;

export type Graph = Readonly<{
  name: string;
  opsets: Readonly<Record<string, number>>;
  inputs: readonly ValueInfo[];
  outputs: readonly ValueInfo[];
  initializers: readonly Initializer[];
  nodes: readonly Node[];
}>;

const IR_VERSION = 10;

/** Encodes a graph as a serialised `ModelProto`. */
export function encodeModel(graph: Graph): Uint8Array {
  const writer = new BinaryWriter();
  int(writer, 1, IR_VERSION);
  text(writer, 2, "plinth");
  message(writer, 7, () => writeGraph(writer, graph));
  for (const [domain, version] of Object.entries(graph.opsets))
    message(writer, 8, () => {
      text(writer, 1, domain);
      int(writer, 2, version);
    });
  return writer.finish();
}

function writeGraph(writer: BinaryWriter, graph: Graph): void {
  for (const node of graph.nodes) message(writer, 1, () => writeNode(writer, node));
  text(writer, 2, graph.name);
  for (const initializer of graph.initializers) message(writer, 5, () => writeTensor(writer, initializer));
  for (const input of graph.inputs) message(writer, 11, () => writeValueInfo(writer, input));
  for (const output of graph.outputs) message(writer, 12, () => writeValueInfo(writer, output));
}

function writeNode(writer: BinaryWriter, node: Node): void {
  for (const input of node.inputs) text(writer, 1, input);
  for (const output of node.outputs) text(writer, 2, output);
  text(writer, 3, node.name);
  text(writer, 4, node.opType);
  for (const [name, value] of Object.entries(node.attributes))
    message(writer, 5, () => writeAttribute(writer, name, value));
  text(writer, 7, node.domain);
}

const ATTRIBUTE_TYPE = { FLOAT: 1, INT: 2, STRING: 3, GRAPH: 5, INTS: 7 } as const;

function writeAttribute(writer: BinaryWriter, name: string, value: Attribute): void {
  text(writer, 1, name);
  if (typeof value === "number") {
    int(writer, 3, value);
    int(writer, 20, ATTRIBUTE_TYPE.INT);
  } else if (typeof value === "string") {
    writer.tag(4, WireType.LengthDelimited).bytes(new TextEncoder().encode(value));
    int(writer, 20, ATTRIBUTE_TYPE.STRING);
  } else if ("float" in value) {
    writer.tag(2, WireType.Bit32).float(value.float);
    int(writer, 20, ATTRIBUTE_TYPE.FLOAT);
  } else if ("branch" in value) {
    message(writer, 6, () => {
      for (const node of value.nodes) message(writer, 1, () => writeNode(writer, node));
      text(writer, 2, value.branch);
      message(writer, 12, () => writeValueInfo(writer, value.output));
    });
    int(writer, 20, ATTRIBUTE_TYPE.GRAPH);
  } else {
    for (const item of value) int(writer, 8, item);
    int(writer, 20, ATTRIBUTE_TYPE.INTS);
  }
}

const EXTERNAL = 1;

function writeTensor(writer: BinaryWriter, { name, type, dims, data }: Initializer): void {
  for (const dim of dims) int(writer, 1, dim);
  int(writer, 2, type);
  text(writer, 8, name);
  if (data instanceof Uint8Array) {
    writer.tag(9, WireType.LengthDelimited).bytes(data);
    return;
  }
  const entries = { location: data.file, offset: `${data.offset}`, length: `${data.length}` };
  for (const [key, value] of Object.entries(entries))
    message(writer, 13, () => {
      text(writer, 1, key);
      text(writer, 2, value);
    });
  int(writer, 14, EXTERNAL);
}

function writeValueInfo(writer: BinaryWriter, { name, type, shape }: ValueInfo): void {
  text(writer, 1, name);
  message(writer, 2, () =>
    message(writer, 1, () => {
      int(writer, 1, type);
      message(writer, 2, () => {
        for (const dim of shape)
          message(writer, 1, () => (typeof dim === "number" ? int(writer, 1, dim) : text(writer, 2, dim)));
      });
    }),
  );
}

function message(writer: BinaryWriter, field: number, write: () => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write();
  writer.join();
}

function text(writer: BinaryWriter, field: number, value: string): void {
  writer.tag(field, WireType.LengthDelimited).string(value);
}

function int(writer: BinaryWriter, field: number, value: number): void {
  writer.tag(field, WireType.Varint).int64(value);
}
