// For software adapters: LayerNorm, a row an invocation, without a barrier.
@compute @workgroup_size(4)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let at = id.x * H4;
  var sum = vec4<f32>();
  for (var i = 0u; i < H4; i++) {
    sum += x[at + i];
  }
  let mean = (sum.x + sum.y + sum.z + sum.w) / f32(4u * H4);
  var square = vec4<f32>();
  for (var i = 0u; i < H4; i++) {
    let d = x[at + i] - mean;
    square += d * d;
  }
  let inverse = inverseSqrt((square.x + square.y + square.z + square.w) / f32(4u * H4) + EPSILON);
  for (var i = 0u; i < H4; i++) {
    o[at + i] = (x[at + i] - mean) * inverse * weight_bias[i] + weight_bias[H4 + i];
  }
}
