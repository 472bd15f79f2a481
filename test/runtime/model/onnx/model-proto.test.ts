import { DataType, encodeModel, type Graph, type Node } from "../../../../runtime/src/model/onnx/model-proto";
import { Message } from "../../../support/protobuf";

// Field numbers are those of onnx/onnx.proto.
const MODEL = { irVersion: 1, producer: 2, graph: 7, opsets: 8 };
const OPSET = { domain: 1, version: 2 };
const GRAPH = { nodes: 1, name: 2, initializers: 5, inputs: 11, outputs: 12 };
const NODE = { inputs: 1, outputs: 2, name: 3, opType: 4, attributes: 5, domain: 7 };
const ATTRIBUTE = { name: 1, f: 2, i: 3, s: 4, ints: 8, type: 20 };
const TENSOR = { dims: 1, dataType: 2, name: 8, rawData: 9, externalData: 13, dataLocation: 14 };
const ENTRY = { key: 1, value: 2 };
const VALUE_INFO = { name: 1, type: 2 };
const TYPE = { tensor: 1 };
const TENSOR_TYPE = { elementType: 1, shape: 2 };
const SHAPE = { dims: 1 };
const DIMENSION = { value: 1, param: 2 };

const EMPTY: Graph = { name: "graph", opsets: {}, inputs: [], outputs: [], initializers: [], nodes: [] };

const modelOf = (graph: Partial<Graph>) => new Message(encodeModel({ ...EMPTY, ...graph }));
const graphOf = (graph: Partial<Graph>) => modelOf(graph).only(MODEL.graph);

describe("an encoded model", () => {
  test("is, for an empty graph, these bytes", () => {
    expect(Buffer.from(encodeModel({ ...EMPTY, opsets: { "": 21 } })).toString("hex")).toBe(
      [
        "080a", // ir_version: 10
        "1206706c696e7468", // producer_name: "plinth"
        "3a0712056772617068", // graph: its name is "graph"
        "42040a001015", // opset_import: domain "", version 21
      ].join(""),
    );
  });

  test("names the version of each operator set", () => {
    const model = modelOf({ opsets: { "": 21, "com.microsoft": 1 } });
    expect(model.numbers(MODEL.irVersion)).toEqual([10]);
    expect(
      model.messages(MODEL.opsets).map((opset) => [opset.texts(OPSET.domain), opset.numbers(OPSET.version)]),
    ).toEqual([
      [[""], [21]],
      [["com.microsoft"], [1]],
    ]);
  });
});

describe("an encoded node", () => {
  const node: Node = { name: "n", domain: "", opType: "Add", inputs: [], outputs: [], attributes: {} };
  const attributesOf = (attributes: Node["attributes"]) =>
    graphOf({ nodes: [{ ...node, attributes }] })
      .only(GRAPH.nodes)
      .messages(NODE.attributes);

  test("has its operator, its inputs and its outputs in order", () => {
    const encoded = graphOf({
      nodes: [
        {
          ...node,
          domain: "com.microsoft",
          opType: "FusedMatMul",
          inputs: ["b", "", "a"],
          outputs: ["y", "x"],
        },
      ],
    }).only(GRAPH.nodes);
    expect(encoded.texts(NODE.name)).toEqual(["n"]);
    expect(encoded.texts(NODE.opType)).toEqual(["FusedMatMul"]);
    expect(encoded.texts(NODE.domain)).toEqual(["com.microsoft"]);
    expect(encoded.texts(NODE.inputs)).toEqual(["b", "", "a"]);
    expect(encoded.texts(NODE.outputs)).toEqual(["y", "x"]);
  });

  test("comes in the order of the graph", () => {
    const graph = graphOf({ nodes: ["first", "second"].map((name) => ({ ...node, name })) });
    expect(graph.messages(GRAPH.nodes).flatMap((encoded) => encoded.texts(NODE.name))).toEqual([
      "first",
      "second",
    ]);
  });

  test.each([
    ["a whole number", 3, ATTRIBUTE.i, [3], 2],
    ["a negative number", -1, ATTRIBUTE.i, [-1], 2],
    ["zero, which is a value and no absence", 0, ATTRIBUTE.i, [0], 2],
    ["a float", { float: 0.5 }, ATTRIBUTE.f, [0.5], 1],
    ["several numbers", [2, 0, -1], ATTRIBUTE.ints, [2, 0, -1], 7],
  ])("has attributes: %s", (_, value, field, numbers, type) => {
    const [attribute] = attributesOf({ axis: value });
    expect(attribute.texts(ATTRIBUTE.name)).toEqual(["axis"]);
    expect(attribute.numbers(field)).toEqual(numbers);
    expect(attribute.numbers(ATTRIBUTE.type)).toEqual([type]);
    expect(attribute.fieldNumbers).toEqual([ATTRIBUTE.name, field, ATTRIBUTE.type]);
  });

  test("has attributes: a text", () => {
    const [attribute] = attributesOf({ mode: "né" });
    expect(attribute.texts(ATTRIBUTE.s)).toEqual(["né"]);
    expect(attribute.numbers(ATTRIBUTE.type)).toEqual([3]);
  });
});

describe("an encoded tensor", () => {
  test("may hold its data", () => {
    const data = new Uint8Array(Float32Array.of(1, 2).buffer);
    const tensor = graphOf({ initializers: [{ name: "t", type: DataType.FLOAT, dims: [1, 2], data }] }).only(
      GRAPH.initializers,
    );
    expect(tensor.texts(TENSOR.name)).toEqual(["t"]);
    expect(tensor.numbers(TENSOR.dims)).toEqual([1, 2]);
    expect(tensor.numbers(TENSOR.dataType)).toEqual([1]);
    expect(tensor.bytes(TENSOR.rawData).map((bytes) => [...bytes])).toEqual([[...data]]);
    expect(tensor.numbers(TENSOR.dataLocation)).toEqual([]);
  });

  test("is a scalar where it has no dimensions", () => {
    const data = new Uint8Array(8);
    const tensor = graphOf({ initializers: [{ name: "t", type: DataType.INT64, dims: [], data }] }).only(
      GRAPH.initializers,
    );
    expect(tensor.numbers(TENSOR.dims)).toEqual([]);
    expect(tensor.numbers(TENSOR.dataType)).toEqual([7]);
  });

  test("may lie in a file beside the model, also beyond four gigabytes", () => {
    const data = { file: "model.safetensors", offset: 5_000_000_000, length: 16 };
    const tensor = graphOf({ initializers: [{ name: "t", type: DataType.BFLOAT16, dims: [8], data }] }).only(
      GRAPH.initializers,
    );
    const entries = tensor
      .messages(TENSOR.externalData)
      .map((entry) => [...entry.texts(ENTRY.key), ...entry.texts(ENTRY.value)]);
    expect(entries).toEqual([
      ["location", "model.safetensors"],
      ["offset", "5000000000"],
      ["length", "16"],
    ]);
    expect(tensor.numbers(TENSOR.dataType)).toEqual([16]);
    expect(tensor.numbers(TENSOR.dataLocation)).toEqual([1]);
    expect(tensor.bytes(TENSOR.rawData)).toEqual([]);
  });
});

describe("the encoded inputs and outputs", () => {
  test.each([
    ["inputs", GRAPH.inputs],
    ["outputs", GRAPH.outputs],
  ] as const)("have name, type and shape: %s", (side, field) => {
    const graph = graphOf({ [side]: [{ name: "x", type: DataType.INT32, shape: [1, "tokens", 0] }] });
    const value = graph.only(field);
    const tensor = value.only(VALUE_INFO.type, TYPE.tensor);
    expect(value.texts(VALUE_INFO.name)).toEqual(["x"]);
    expect(tensor.numbers(TENSOR_TYPE.elementType)).toEqual([6]);
    expect(
      tensor
        .only(TENSOR_TYPE.shape)
        .messages(SHAPE.dims)
        .map((dim) => [...dim.numbers(DIMENSION.value), ...dim.texts(DIMENSION.param)]),
    ).toEqual([[1], ["tokens"], [0]]);
  });
});
