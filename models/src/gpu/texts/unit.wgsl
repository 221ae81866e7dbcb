// Norm 1. Every invocation adds up the whole row: that is cheaper than a barrier.
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>, ROWS * H4>;
@group(0) @binding(1) var<storage, read_write> o: array<vec4<f32>, ROWS * H4>;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let at = id.y * H4;
  var sum = 0.0;
  for (var i = 0u; i < H4; i++) {
    sum += dot(x[at + i], x[at + i]);
  }
  o[at + id.x] = x[at + id.x] * inverseSqrt(sum);
}
