// The mean over a sequence's tokens, or over its first one alone where the model pools so.
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>, ROWS * H4>;
@group(0) @binding(1) var<storage, read> input: array<vec2<u32>, 3u * ROWS>; // of each sequence: first, past the last
@group(0) @binding(2) var<storage, read_write> o: array<vec4<f32>, ROWS * H4>;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let range = input[2u * ROWS + id.y];
  var sum = vec4<f32>();
  for (var t = range.x; t < range.y; t++) {
    sum += x[t * H4 + id.x];
  }
  o[id.y * H4 + id.x] = sum / f32(range.y - range.x);
}
