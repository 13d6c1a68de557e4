// Vectors of VL floats and the functions on them; included with VL set.
//
// Written in clang's vector language instead of intrinsics, so that the three versions are one
// source. Contraction is off: a multiply-add is fused exactly where `fma` says so.

typedef float vf __attribute__((vector_size(VL * 4)));
typedef float vf_any __attribute__((vector_size(VL * 4), aligned(4)));
typedef int32_t vi __attribute__((vector_size(VL * 4)));
typedef double vd_any __attribute__((vector_size(VL * 8), aligned(8)));

#define INLINE static inline __attribute__((always_inline))

INLINE vf load(const float *p) { return *(const vf_any *)p; }
INLINE void store(float *p, vf v) { *(vf_any *)p = v; }
INLINE vf splat(float x) {
    vf v;
    for (int i = 0; i < VL; i++) v[i] = x;
    return v;
}
INLINE vf fma_(vf a, vf b, vf c) { return __builtin_elementwise_fma(a, b, c); }
// `a` where the mask is set, else `b`. Comparison and selection become one instruction, which the
// builtin maximum with its rule for NaN does not.
INLINE vf select_(vi mask, vf a, vf b) { return (vf)(((vi)a & mask) | ((vi)b & ~mask)); }
INLINE vf max_(vf a, vf b) { return select_(a > b, a, b); }
INLINE vf min_(vf a, vf b) { return select_(a < b, a, b); }

// The first n < VL floats, zeros behind.
INLINE vf load_part(const float *p, int64_t n) {
    float lanes[VL] = {0};
    for (int64_t i = 0; i < n; i++) lanes[i] = p[i];
    return load(lanes);
}
INLINE void store_part(float *p, vf v, int64_t n) {
    float lanes[VL];
    store(lanes, v);
    for (int64_t i = 0; i < n; i++) p[i] = lanes[i];
}

// VL floats, of which `left` are there; zeros behind.
INLINE vf load_some(const float *p, int64_t left) {
    return left >= VL ? load(p) : load_part(p, left);
}
INLINE void store_some(float *p, vf v, int64_t left) {
    if (left >= VL) store(p, v); else store_part(p, v, left);
}

// total[0 ..< VL] += v, in float64.
INLINE void add_wide(double *total, vf v) {
    *(vd_any *)total += __builtin_convertvector(v, vd_any);
}

INLINE void copy_floats(float *to, const float *from, int64_t n) {
    int64_t i = 0;
    for (; i + VL <= n; i += VL) store(to + i, load(from + i));
    for (; i < n; i++) to[i] = from[i];
}

// VL half-precision values, widened exactly.
#if VL > 1
typedef _Float16 vh_any __attribute__((vector_size(VL * 2), aligned(2)));
typedef uint16_t vu_any __attribute__((vector_size(VL * 2), aligned(2)));
INLINE vf load_f16(const uint16_t *p) { return __builtin_convertvector(*(const vh_any *)p, vf); }
INLINE vf load_bf16(const uint16_t *p) {
    typedef uint32_t vu __attribute__((vector_size(VL * 4)));
    return (vf)(__builtin_convertvector(*(const vu_any *)p, vu) << 16);
}
#else
// By hand: a processor without vectors has no instruction for it.
INLINE float bits_(uint32_t bits) {
    float x;
    __builtin_memcpy(&x, &bits, 4);
    return x;
}
INLINE vf load_f16(const uint16_t *p) {
    uint32_t sign = (uint32_t)(*p & 0x8000) << 16, rest = *p & 0x7FFF;
    if (rest >= 0x7C00) return splat(bits_(sign | 0x7F800000 | (rest & 0x3FF) << 13));
    // The mantissa and exponent in place, scaled by the difference of the exponents' biases: exact
    // for subnormals too, whose value is the mantissa times 2^-24.
    float magnitude = rest >= 0x400 ? bits_((rest << 13) + ((127 - 15) << 23))
                                    : (float)rest * 0x1p-24f;
    return splat(sign ? -magnitude : magnitude);
}
INLINE vf load_bf16(const uint16_t *p) { return splat(bits_((uint32_t)*p << 16)); }
#endif

INLINE float sum_lanes(vf v) {
    float lanes[VL];
    store(lanes, v);
    for (int width = VL / 2; width > 0; width /= 2)
        for (int i = 0; i < width; i++) lanes[i] += lanes[i + width];
    return lanes[0];
}
// e^x to about one unit in the last place; 0 below -87.3, saturating above 88.
// Cody and Waite's reduction to [-ln2/2, ln2/2] and a minimax polynomial of degree six.
INLINE vf exp_(vf x) {
    vf clamped = min_(max_(x, splat(-87.3f)), splat(88.0f));
    vf n = __builtin_elementwise_rint(clamped * splat(1.44269504f));
    vf r = fma_(n, splat(-0.693359375f), clamped);
    r = fma_(n, splat(2.12194440e-4f), r);
    vf p = splat(1.9875691500e-4f);
    p = fma_(p, r, splat(1.3981999507e-3f));
    p = fma_(p, r, splat(8.3334519073e-3f));
    p = fma_(p, r, splat(4.1665795894e-2f));
    p = fma_(p, r, splat(1.6666665459e-1f));
    p = fma_(p, r, splat(5.0000001201e-1f));
    vf y = fma_(p, r * r, r) + splat(1.0f);
    vi bits = (__builtin_convertvector(n, vi) + 127) << 23;
    vi keep = x >= splat(-87.3f);
    return (vf)((vi)(y * (vf)bits) & keep);
}

// 2^x for x <= 127 to 1.1e-7; 0 below -125. A polynomial on [-1/2, 1/2] that is 1 at 0, minimax in
// the relative error; adding 1.5 * 2^23 rounds and leaves the integer in the lowest bits.
INLINE vf exp2_(vf x) {
    vf clamped = max_(x, splat(-125.0f));
    vf shifted = clamped + splat(12582912.0f);
    vf r = clamped - (shifted - splat(12582912.0f));
    vf p = splat(1.326472731307149e-3f);
    p = fma_(p, r, splat(9.671512991189957e-3f));
    p = fma_(p, r, splat(5.550733581185341e-2f));
    p = fma_(p, r, splat(2.4022242426872253e-1f));
    p = fma_(p, r, splat(6.931470036506653e-1f));
    p = fma_(p, r, splat(1.0f));
    vi scaled = (vi)p + ((vi)shifted << 23);
    return (vf)(scaled & (x >= splat(-125.0f)));
}

// Scores times this are exponents of 2.
#define LOG2_E 1.44269504f

// 1 + e^-x, the denominator of the logistic function; saturates below x = -87.3.
INLINE vf one_plus_exp(vf x) {
    return exp2_(min_(x * splat(-LOG2_E), splat(126.0f))) + splat(1.0f);
}

// The error function to 1.5e-7: Abramowitz and Stegun, equation 7.1.26.
INLINE vf erf_(vf x) {
    vf a = __builtin_elementwise_abs(x);
    vf t = splat(1.0f) / fma_(splat(0.3275911f), a, splat(1.0f));
    vf p = splat(1.061405429f);
    p = fma_(p, t, splat(-1.453152027f));
    p = fma_(p, t, splat(1.421413741f));
    p = fma_(p, t, splat(-0.284496736f));
    p = fma_(p, t, splat(0.254829592f));
    vf y = fma_(-p * t, exp_(-a * a), splat(1.0f));
    return __builtin_elementwise_copysign(y, x);
}
INLINE vf gelu_(vf x) {
    return splat(0.5f) * x * (splat(1.0f) + erf_(x * splat(0.707106781f)));
}

INLINE vf activation_(vf x, int32_t kind) {
    switch (kind) {
        case 1: return x / one_plus_exp(x);
        case 2: return gelu_(x);
        case 3: return x / one_plus_exp(x * splat(1.702f));
        case 4: return max_(x, splat(0.0f));
        default: return x;
    }
}
