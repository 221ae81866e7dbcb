// o = finish(a bᵀ · scale + bias), [ROWS][N] from [ROWS][K] and int8 panels [N/8][K/4][8][4], which is how the
// file has them. A row's scale carries 2^-24: an int8 in the highest byte of an i32, made a float, is exact.
@group(0) @binding(0) var<storage, read> a: array<vec4<f32>, ROWS * K4>;
@group(0) @binding(1) var<storage, read> b: array<vec4<u32>, N4 * K4>;
@group(0) @binding(2) var<storage, read> scale_bias: array<vec4<f32>, 2u * N4>;
@group(0) @binding(3) var<storage, read_write> o: array<vec4<f32>, ROWS * N4>;
