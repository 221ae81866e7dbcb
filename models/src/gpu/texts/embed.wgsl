// A token's word from its int8 row, plus its position (to which the token type was added).
@group(0) @binding(0) var<storage, read> words: array<u32, VOCABULARY * H4>;
@group(0) @binding(1) var<storage, read> scale: array<f32, VOCABULARY>; // times 2^-24, as in a linear layer
@group(0) @binding(2) var<storage, read> positions: array<vec4<f32>, POSITIONS * H4>;
@group(0) @binding(3) var<storage, read> input: array<vec2<u32>, 3u * ROWS>; // of each token: id, position
@group(0) @binding(4) var<storage, read_write> o: array<vec4<f32>, ROWS * H4>;

@compute @workgroup_size(LANES)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let token = input[id.y];
  let four = vec4<u32>(words[token.x * H4 + id.x]) << vec4<u32>(24u, 16u, 8u, 0u);
  let word = vec4<f32>(bitcast<vec4<i32>>(four & vec4<u32>(0xff000000u)));
  o[id.y * H4 + id.x] = word * scale[token.x] + positions[token.y * H4 + id.x];
}
