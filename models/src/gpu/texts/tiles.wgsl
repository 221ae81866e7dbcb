// For graphics processors: 32 × 32 outputs a workgroup, 4 × 4 an invocation, 32 of K at a time in workgroup memory.
var<workgroup> rows: array<vec4<f32>, 256>; // [32 rows][8 of K4]
var<workgroup> columns: array<vec4<f32>, 256>; // [32 of K][8 of N4]

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let tx = t & 7u;
  let ty = t >> 3u;
  let row = group.y * 32u;
  // Which weights this invocation unpacks: panel 0…3, k4 0…7, half 0…1.
  let half = t & 1u;
  let k4 = (t >> 1u) & 7u;
  let panel = t >> 4u;
  let base = ((group.x * 4u + panel) * K4 + k4) * 2u + half;
  let to = k4 * 32u + panel * 2u + half;
  var c0 = vec4<f32>();
  var c1 = vec4<f32>();
  var c2 = vec4<f32>();
  var c3 = vec4<f32>();
  for (var k = 0u; k < K4; k += 8u) {
    for (var i = 0u; i < 4u; i++) {
      rows[(ty + 8u * i) * 8u + tx] = a[(row + ty + 8u * i) * K4 + k + tx];
    }
    let u = b[base + k * 2u];
    let top = vec4<u32>(0xff000000u);
    columns[to] = vec4<f32>(bitcast<vec4<i32>>(u << vec4<u32>(24u)));
    columns[to + 8u] = vec4<f32>(bitcast<vec4<i32>>((u << vec4<u32>(16u)) & top));
    columns[to + 16u] = vec4<f32>(bitcast<vec4<i32>>((u << vec4<u32>(8u)) & top));
    columns[to + 24u] = vec4<f32>(bitcast<vec4<i32>>(u & top));
    workgroupBarrier();
    for (var q = 0u; q < 8u; q++) {
      let b0 = columns[q * 32u + tx];
      let b1 = columns[q * 32u + 8u + tx];
      let b2 = columns[q * 32u + 16u + tx];
      let b3 = columns[q * 32u + 24u + tx];
      let a0 = rows[ty * 32u + q];
      let a1 = rows[ty * 32u + 8u + q];
      let a2 = rows[ty * 32u + 16u + q];
      let a3 = rows[ty * 32u + 24u + q];
      c0 += a0.x * b0 + a0.y * b1 + a0.z * b2 + a0.w * b3;
      c1 += a1.x * b0 + a1.y * b1 + a1.z * b2 + a1.w * b3;
      c2 += a2.x * b0 + a2.y * b1 + a2.z * b2 + a2.w * b3;
      c3 += a3.x * b0 + a3.y * b1 + a3.z * b2 + a3.w * b3;
    }
    workgroupBarrier();
  }
  let n = group.x * 8u + tx;
  let scale = scale_bias[n];
  let bias = scale_bias[N4 + n];
  let at = (row + ty * 4u) * N4 + n;
  o[at] = finish(c0 * scale + bias, at);
  o[at + N4] = finish(c1 * scale + bias, at + N4);
  o[at + 2u * N4] = finish(c2 * scale + bias, at + 2u * N4);
  o[at + 3u * N4] = finish(c3 * scale + bias, at + 3u * N4);
}
