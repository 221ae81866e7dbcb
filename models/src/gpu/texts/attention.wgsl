// softmax(Q Kᵀ / √dims) V, each token within its sequence.
@group(0) @binding(0) var<storage, read> x: array<vec4<f32>, ROWS * 3u * H4>; // [ROWS][query, key, value]
@group(0) @binding(1) var<storage, read> input: array<vec2<u32>, 3u * ROWS>; // of each token: its sequence
@group(0) @binding(2) var<storage, read_write> o: array<vec4<f32>, ROWS * H4>;
