// For graphics processors: LayerNorm, a row a workgroup; the second and third reading come from the cache.
var<workgroup> part: array<f32, 32>;

fn total(value: f32, t: u32) -> f32 {
  workgroupBarrier();
  part[t] = value;
  workgroupBarrier();
  for (var n = 16u; n > 0u; n >>= 1u) {
    if (t < n) {
      part[t] += part[t + n];
    }
    workgroupBarrier();
  }
  return part[0];
}

@compute @workgroup_size(32)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) t: u32) {
  let at = group.x * H4;
  var sum = vec4<f32>();
  for (var i = t; i < H4; i += 32u) {
    sum += x[at + i];
  }
  let mean = total(sum.x + sum.y + sum.z + sum.w, t) / f32(4u * H4);
  var square = vec4<f32>();
  for (var i = t; i < H4; i += 32u) {
    let d = x[at + i] - mean;
    square += d * d;
  }
  let inverse = inverseSqrt(total(square.x + square.y + square.z + square.w, t) / f32(4u * H4) + EPSILON);
  for (var i = t; i < H4; i += 32u) {
    o[at + i] = (x[at + i] - mean) * inverse * weight_bias[i] + weight_bias[H4 + i];
  }
}
