"""The ONNX files that the benchmark's other contenders run, made from the very weights that ours come from.

usage: python make_onnx.py MODEL_DIR OUT_DIR

MODEL_DIR holds model.safetensors, config.json and tokenizer.json of all-MiniLM-L6-v2. OUT_DIR gets, laid out
as @huggingface/transformers reads a local model:

    config.json, tokenizer.json, tokenizer_config.json
    onnx/model.onnx             f32
    onnx/model_quantized.onnx   dynamic q8: int8 weights per channel, 7 bits, uint8 activations

The graph is written by hand with the `onnx` package instead of exported by PyTorch, which would be a gigabyte
more to install for the same operators: it is what `torch.onnx.export` gives for BERT (opset 17; GELU by Erf,
the mask as an added bias), and names its inputs and outputs as Optimum does. onnxruntime fuses LayerNorm, GELU
and attention when it loads it. The q8 file is quantised exactly as transformers.js' own conversion script
quantises a BERT.

It ends by running both files on the committed reference vectors (models/tests/data): f32 must be within 1e-4.
"""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantizationMode, QuantType
from onnxruntime.quantization.onnx_quantizer import ONNXQuantizer
from onnxruntime.quantization.registry import IntegerOpsRegistry
from safetensors.numpy import load_file

REFERENCE = Path(__file__).parents[3] / "models" / "tests" / "data" / "minilm_vectors.json"
OPSET = 17
# The oldest IR version that knows this opset: onnxruntime-web need not be newer than this file.
IR_VERSION = 8
F32_TOLERANCE = 1e-4
# Smallest cosine with f32 that still says "quantised", not "broken".
Q8_COSINE = 0.9


class Graph:
    """A graph under construction: nodes are named after their outputs."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, values: np.ndarray) -> str:
        self.constants.setdefault(name, numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def add(self, op: str, name: str, *inputs: str, **attributes) -> str:
        self.nodes.append(helper.make_node(op, list(inputs), [name], name=name, **attributes))
        return name


def build(weights: dict[str, np.ndarray], config: dict) -> onnx.ModelProto:
    """BERT's encoder: input_ids, attention_mask, token_type_ids → last_hidden_state."""
    graph = Graph()
    hidden, heads = config["hidden_size"], config["num_attention_heads"]
    width = hidden // heads
    ints = lambda name, *values: graph.constant(name, np.array(values, dtype=np.int64))
    float_ = lambda name, value: graph.constant(name, np.array(value, dtype=np.float32))

    def norm(x: str, prefix: str) -> str:
        gamma = graph.constant(f"{prefix}.weight", weights[f"{prefix}.weight"])
        beta = graph.constant(f"{prefix}.bias", weights[f"{prefix}.bias"])
        return graph.add("LayerNormalization", f"{prefix}/out", x, gamma, beta, axis=-1, epsilon=config["layer_norm_eps"])

    def linear(x: str, prefix: str) -> str:
        matrix = graph.constant(f"{prefix}.weight.T", weights[f"{prefix}.weight"].T)
        bias = graph.constant(f"{prefix}.bias", weights[f"{prefix}.bias"])
        return graph.add("Add", f"{prefix}/out", bias, graph.add("MatMul", f"{prefix}/matmul", x, matrix))

    def embedding(name: str, ids: str) -> str:
        table = f"embeddings.{name}_embeddings.weight"
        return graph.add("Gather", f"embeddings/{name}", graph.constant(table, weights[table]), ids, axis=0)

    # Embeddings.
    length = graph.add("Slice", "length", graph.add("Shape", "shape", "input_ids"), ints("one", 1), ints("two", 2))
    positions = graph.constant("positions", np.arange(config["max_position_embeddings"], dtype=np.int64)[None])
    places = graph.add("Slice", "places", positions, ints("zero", 0), length, ints("one", 1))
    words = graph.add("Add", "embeddings/words_types", embedding("word", "input_ids"), embedding("token_type", "token_type_ids"))
    states = norm(graph.add("Add", "embeddings/sum", words, embedding("position", places)), "embeddings.LayerNorm")

    # The mask as a bias of the scores: 0 for a token, the least float for padding.
    wide = graph.add("Unsqueeze", "mask/wide", graph.add("Unsqueeze", "mask/rows", "attention_mask", ints("one", 1)), ints("two", 2))
    padded = graph.add("Sub", "mask/padded", float_("one.f32", 1.0), graph.add("Cast", "mask/f32", wide, to=TensorProto.FLOAT))
    bias = graph.add("Mul", "mask/bias", padded, float_("least", np.finfo(np.float32).min))

    for n in range(config["num_hidden_layers"]):
        layer = f"encoder.layer.{n}"

        def split(name: str, order: list[int]) -> str:
            x = linear(states, f"{layer}.attention.self.{name}")
            x = graph.add("Reshape", f"{layer}/{name}/heads", x, ints("heads", 0, 0, heads, width))
            return graph.add("Transpose", f"{layer}/{name}", x, perm=order)

        query, key, value = split("query", [0, 2, 1, 3]), split("key", [0, 2, 3, 1]), split("value", [0, 2, 1, 3])
        scores = graph.add("Div", f"{layer}/scaled", graph.add("MatMul", f"{layer}/scores", query, key), float_("scale", np.sqrt(width)))
        shares = graph.add("Softmax", f"{layer}/shares", graph.add("Add", f"{layer}/masked", scores, bias), axis=-1)
        context = graph.add("Transpose", f"{layer}/tokens", graph.add("MatMul", f"{layer}/context", shares, value), perm=[0, 2, 1, 3])
        context = graph.add("Reshape", f"{layer}/joined", context, ints("joined", 0, 0, hidden))
        attended = graph.add("Add", f"{layer}/attended", linear(context, f"{layer}.attention.output.dense"), states)
        states = norm(attended, f"{layer}.attention.output.LayerNorm")

        up = linear(states, f"{layer}.intermediate.dense")
        erf = graph.add("Erf", f"{layer}/erf", graph.add("Div", f"{layer}/by_root_two", up, float_("root_two", np.sqrt(2))))
        gelu = graph.add("Mul", f"{layer}/gelu_twice", up, graph.add("Add", f"{layer}/erf_plus_one", erf, float_("one.f32", 1.0)))
        gelu = graph.add("Mul", f"{layer}/gelu", gelu, float_("half", 0.5))
        states = norm(graph.add("Add", f"{layer}/sum", linear(gelu, f"{layer}.output.dense"), states), f"{layer}.output.LayerNorm")

    graph.nodes[-1].output[0] = "last_hidden_state"
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch_size", "sequence_length"])
        for name in ("input_ids", "attention_mask", "token_type_ids")
    ]
    output = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["batch_size", "sequence_length", hidden])
    model = helper.make_model(
        helper.make_graph(graph.nodes, "bert", inputs, [output], list(graph.constants.values())),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="afterimage-bench",
    )
    onnx.checker.check_model(model, full_check=True)
    return model


def quantised(model: onnx.ModelProto) -> onnx.ModelProto:
    """What `scripts/quantize.py --modes q8` of transformers.js does with a BERT: per channel, reduced range."""
    quantizer = ONNXQuantizer(
        model,
        True,  # per_channel
        True,  # reduce_range
        mode=QuantizationMode.IntegerOps,
        static=False,
        weight_qType=QuantType.QInt8,
        activation_qType=QuantType.QUInt8,
        tensors_range=None,
        nodes_to_quantize=[],
        nodes_to_exclude=[],
        op_types_to_quantize=set(IntegerOpsRegistry),
        extra_options={"EnableSubgraph": True, "MatMulConstBOnly": True},
    )
    quantizer.quantize_model()
    return quantizer.model.model


def embed(session: onnxruntime.InferenceSession, ids: list[int]) -> np.ndarray:
    row = np.array([ids], dtype=np.int64)
    feeds = {"input_ids": row, "attention_mask": np.ones_like(row), "token_type_ids": np.zeros_like(row)}
    pooled = session.run(None, feeds)[0][0].mean(axis=0)
    return pooled / np.linalg.norm(pooled)


def check(folder: Path) -> None:
    """Both files against the committed vectors of an independent implementation."""
    texts = json.loads(REFERENCE.read_text())["texts"]
    wanted = [np.array(text["vector"], dtype=np.float32) for text in texts]
    for name in ("model", "model_quantized"):
        session = onnxruntime.InferenceSession(folder / f"{name}.onnx", providers=["CPUExecutionProvider"])
        found = [embed(session, text["ids"]) for text in texts]
        off = max(float(np.abs(a - b).max()) for a, b in zip(found, wanted, strict=True))
        cosines = [float(a @ b) for a, b in zip(found, wanted, strict=True)]
        print(f"{name}.onnx: {len(texts)} texts, largest difference {off:.1e}, cosine mean {np.mean(cosines):.4f}, worst {min(cosines):.4f}")
        if (name == "model" and off > F32_TOLERANCE) or min(cosines) < Q8_COSINE:
            sys.exit(f"{name}.onnx does not compute all-MiniLM-L6-v2.")


def main() -> None:
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    source, out = map(Path, sys.argv[1:])
    config = json.loads((source / "config.json").read_text())
    weights = load_file(source / "model.safetensors")
    (out / "onnx").mkdir(parents=True, exist_ok=True)
    model = build(weights, config)
    onnx.save_model(model, out / "onnx" / "model.onnx")
    onnx.save_model(quantised(model), out / "onnx" / "model_quantized.onnx")
    check(out / "onnx")
    shutil.copy(source / "config.json", out)
    shutil.copy(source / "tokenizer.json", out)
    (out / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 256}) + "\n"
    )


if __name__ == "__main__":
    main()
