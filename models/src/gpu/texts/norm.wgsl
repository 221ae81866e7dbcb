@group(0) @binding(0) var<storage, read> x: array<vec4<f32>, ROWS * H4>;
@group(0) @binding(1) var<storage, read> weight_bias: array<vec4<f32>, 2u * H4>;
@group(0) @binding(2) var<storage, read_write> o: array<vec4<f32>, ROWS * H4>;
