import {
  type Attribute,
  type Branch,
  DataType,
  type Dimension,
  type ExternalData,
  encodeModel,
  type Initializer,
  type Node,
  type ValueInfo,
} from "./model-proto";

/** The name of a value in the graph: what an operator gives and the next one takes. */
export type Value = string;

type OpOptions = Readonly<{
  attributes?: Readonly<Record<string, Attribute>>;
  domain?: "" | "com.microsoft";
  /** Number of outputs. */
  outputs?: number;
}>;

/** Builds an ONNX graph operator by operator. Constants that are equal become one initializer. */
export class GraphBuilder {
  /** Of the graph, or of the branch that is being built. */
  private nodes: Node[] = [];
  private operators = 0;
  private readonly inputs: ValueInfo[] = [];
  private readonly outputs: ValueInfo[] = [];
  private readonly initializers = new Map<string, Initializer>();
  private readonly prefix: string[] = [];
  /** What an operator gives that is an output, and under which name. */
  private readonly outputNames = new Map<Value, string>();

  constructor(private readonly name: string) {}

  /** Names what `build` adds after `scope`, so that a profile shows which layer an operator belongs to. */
  scope<T>(scope: string, build: () => T): T {
    this.prefix.push(scope);
    try {
      return build();
    } finally {
      this.prefix.pop();
    }
  }

  input(name: string, type: DataType, shape: readonly Dimension[]): Value {
    this.inputs.push({ name, type, shape });
    return name;
  }

  /** Makes what an operator gives an output of the graph under `name`. */
  output(name: string, value: Value, type: DataType, shape: readonly Dimension[]): void {
    this.outputs.push({ name, type, shape });
    // Renamed and not passed through an Identity, which onnxruntime would carry out as a copy.
    if (this.outputNames.has(value)) throw new Error(`invariant: ${value} is an output already`);
    this.outputNames.set(value, name);
  }

  /** A tensor stored in the model or beside it. A second tensor under the same name must be the same one. */
  tensor(name: string, type: DataType, dims: readonly number[], data: Uint8Array | ExternalData): Value {
    if (!this.initializers.has(name)) this.initializers.set(name, { name, type, dims, data });
    return name;
  }

  /** A 1-D int64 constant, as shapes, axes and indices want it. */
  ints(...values: number[]): Value {
    const data = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    return this.tensor(`ints(${values.join(",")})`, DataType.INT64, [values.length], data);
  }

  /** A scalar int64 constant. */
  int(value: number): Value {
    return this.tensor(
      `int(${value})`,
      DataType.INT64,
      [],
      new Uint8Array(BigInt64Array.of(BigInt(value)).buffer),
    );
  }

  /** A scalar float32 constant. */
  float(value: number): Value {
    return this.tensor(`float(${value})`, DataType.FLOAT, [], new Uint8Array(Float32Array.of(value).buffer));
  }

  /** Adds an operator and returns its first output. */
  op(opType: string, inputs: readonly Value[], attributes: OpOptions["attributes"] = {}): Value {
    return this.operator(opType, inputs, { attributes })[0];
  }

  /** Adds one of onnxruntime's own operators and returns its first output. */
  contrib(opType: string, inputs: readonly Value[], attributes: OpOptions["attributes"] = {}): Value {
    return this.operator(opType, inputs, { attributes, domain: "com.microsoft" })[0];
  }

  /** Adds an operator and returns all its outputs. */
  operator(opType: string, inputs: readonly Value[], options: OpOptions = {}): Value[] {
    const { attributes = {}, domain = "", outputs: count = 1 } = options;
    const name = [...this.prefix, `${opType}_${this.operators++}`].join("/");
    const outputs = Array.from({ length: count }, (_, index) => (count === 1 ? name : `${name}:${index}`));
    this.nodes.push({ name, domain, opType, inputs, outputs, attributes });
    return outputs;
  }

  /**
   * Adds an If: only the branch that holds is carried out, which is worth it where the other has many operators.
   * @param condition a bool of one element
   * @param shape of what either branch returns, float
   */
  when(condition: Value, then: () => Value, otherwise: () => Value, shape: readonly Dimension[]): Value {
    return this.op("If", [condition], {
      then_branch: this.branch("then", then, shape),
      else_branch: this.branch("else", otherwise, shape),
    });
  }

  reshape(value: Value, ...dims: number[]): Value {
    return this.op("Reshape", [value, this.ints(...dims)]);
  }

  transpose(value: Value, ...perm: number[]): Value {
    return this.op("Transpose", [value], { perm });
  }

  private branch(name: string, build: () => Value, shape: readonly Dimension[]): Branch {
    const outer = this.nodes;
    const nodes: Node[] = [];
    this.nodes = nodes;
    try {
      const output = { name: build(), type: DataType.FLOAT, shape };
      return { branch: [...this.prefix, name].join("/"), nodes, output };
    } finally {
      this.nodes = outer;
    }
  }

  /** The graph as a serialised ONNX model. */
  encode(): Uint8Array {
    const named = (value: Value) => this.outputNames.get(value) ?? value;
    const renamed = (node: Node): Node => ({
      ...node,
      inputs: node.inputs.map(named),
      outputs: node.outputs.map(named),
      attributes: Object.fromEntries(
        Object.entries(node.attributes).map(([key, value]) => [
          key,
          typeof value === "object" && "branch" in value
            ? { ...value, nodes: value.nodes.map(renamed) }
            : value,
        ]),
      ),
    });
    return encodeModel({
      name: this.name,
      opsets: { "": 21, "com.microsoft": 1 },
      inputs: this.inputs,
      outputs: this.outputs,
      initializers: [...this.initializers.values()],
      nodes: this.nodes.map(renamed),
    });
  }
}
