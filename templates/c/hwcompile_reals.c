#include "hwcompile_reals.h"

#include <math.h>
#include <stddef.h>

/* Two's complement without the overflow that C leaves undefined. */
static int64_t as_signed(uint64_t bits)
{
  return bits > (uint64_t)INT64_MAX ? -(int64_t)(UINT64_MAX - bits) - 1 : (int64_t)bits;
}

int64_t hwcompile_add(int64_t a, int64_t b) { return as_signed((uint64_t)a + (uint64_t)b); }

int64_t hwcompile_sub(int64_t a, int64_t b) { return as_signed((uint64_t)a - (uint64_t)b); }

int64_t hwcompile_mul(int64_t a, int64_t b) { return as_signed((uint64_t)a * (uint64_t)b); }

int64_t hwcompile_div(int64_t a, int64_t b)
{
  if (b == 0) return 0;
  return b == -1 ? hwcompile_sub(0, a) : a / b;
}

int64_t hwcompile_floor_div(int64_t a, int64_t b)
{
  const int64_t q = hwcompile_div(a, b);
  const int inexact = b != 0 && b != -1 && a % b != 0;
  return inexact && (a < 0) != (b < 0) ? q - 1 : q;
}

int64_t hwcompile_shift_left(int64_t a, int64_t by)
{
  return by < 0 || by > 63 ? 0 : as_signed((uint64_t)a << by);
}

int64_t hwcompile_shift_right(int64_t a, int64_t by)
{
  const int64_t down = by < 0 || by > 63 ? 63 : by;
  return a < 0 ? -1 - ((-1 - a) >> down) : a >> down;
}

int64_t hwcompile_power(int64_t base, int64_t exponent)
{
  int64_t result = 1;
  for (; exponent > 0; exponent >>= 1) {
    if (exponent & 1) result = hwcompile_mul(result, base);
    base = hwcompile_mul(base, base);
  }
  return result;
}

int64_t hwcompile_wrap(int64_t a, int64_t low, uint64_t mask)
{
  return as_signed((((uint64_t)a - (uint64_t)low) & mask) + (uint64_t)low);
}

int64_t hwcompile_whole(double x, int64_t low, int64_t high)
{
  if (!(x > (double)low)) return low;
  return x >= (double)high ? high : (int64_t)x;
}

float hwcompile_floor_div_f(float a, float b)
{
  const float rest = fmodf(a, b);
  float quotient, below;
  if (b == 0.0f) return a / b;
  quotient = (a - rest) / b;
  if (rest != 0.0f && (b < 0.0f) != (rest < 0.0f)) quotient -= 1.0f;
  if (quotient == 0.0f) return copysignf(0.0f, a / b);
  below = floorf(quotient);
  return quotient - below > 0.5f ? below + 1.0f : below;
}

/* Horner's rule with one rounding for each multiplication and sum, highest power first. */
static float fused_polynomial(float x, const float *coefficients, int count)
{
  float found = coefficients[0];
  int i;
  for (i = 1; i < count; ++i)
    found = (float)((double)found * (double)x + (double)coefficients[i]);
  return found;
}

float hwcompile_rational_sigmoid(float x)
{
  static const float upper[] = {
    4.37031012579801e-11f, 1.15627324459942e-07f, 6.08574864600143e-05f, 8.51377133304701e-03f,
    2.48287947061529e-01f
  };
  static const float lower[] = {
    6.10247389755681e-13f, 5.76102136993427e-09f, 6.29106785017040e-06f, 1.70198817374094e-03f,
    1.16817656904453e-01f, 9.93151923021180e-01f
  };
  const float near = x < -18.0f ? -18.0f : x > 18.0f ? 18.0f : x;
  const float square = near * near;
  const float above = fused_polynomial(square, upper, 5) * near;
  const float quotient = above / fused_polynomial(square, lower, 6);
  const float share = quotient + 0.5f;
  return share < 0.0f ? 0.0f : share > 1.0f ? 1.0f : share;
}

static double polynomial(double x, const double *coefficients, int count)
{
  double found = coefficients[0];
  int i;
  for (i = 1; i < count; ++i) {
    const double product = found * x;
    found = product + coefficients[i];
  }
  return found;
}

/* Moshier's Cephes library, ndtr.c; W. J. Cody, 1969. */
double hwcompile_erf(double x)
{
  static const double near_upper[] = {
    9.60497373987051638749e0, 9.00260197203842689217e1, 2.23200534594684319226e3,
    7.00332514112805075473e3, 5.55923013010394962768e4
  };
  static const double near_lower[] = {
    1.0, 3.35617141647503099647e1, 5.21357949780152679795e2, 4.59432382970980127987e3,
    2.26290000613890934246e4, 4.92673942608635921086e4
  };
  static const double far_upper[] = {
    2.46196981473530512524e-10, 5.64189564831068821977e-1, 7.46321056442269912687e0,
    4.86371970985681366614e1, 1.96520832956077098242e2, 5.26445194995477358631e2,
    9.34528527171957607540e2, 1.02755188689515710272e3, 5.57535335369399327526e2
  };
  static const double far_lower[] = {
    1.0, 1.32281951154744992508e1, 8.67072140885989742329e1, 3.54937778887819891062e2,
    9.75708501743205489753e2, 1.82390916687909736289e3, 2.24633760818710981792e3,
    1.65666309194161350182e3, 5.57535340817727675546e2
  };
  const double size = fabs(x);
  double share;
  if (size > 1.0) {
    const double outer = size > 8.0 ? 8.0 : size;
    share = exp(-outer * outer) * polynomial(outer, far_upper, 9);
    share = 1.0 - share / polynomial(outer, far_lower, 9);
  } else {
    const double square = size * size;
    share = size * polynomial(square, near_upper, 5) / polynomial(square, near_lower, 6);
  }
  return copysign(share, x);
}

double hwcompile_logistic(double x) { return 1.0 / (1.0 + exp(-x)); }

double hwcompile_softplus(double x)
{
  if (x == 0.0) return 0.693147180559945309417;
  if (x > 0.0) return x + log1p(exp(-x));
  return x <= 0.0 ? log1p(exp(x)) : x;
}

int64_t hwcompile_count(const float *steps, uint32_t count, double x)
{
  uint32_t low = 0, high = count;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2u;
    if ((double)steps[middle] <= x) low = middle + 1u;
    else high = middle;
  }
  return (int64_t)low;
}

/* What makes (v + term) >> 3 the rounding of v / 8. */
static int64_t rounding_term(int64_t v, int rounding)
{
  switch (rounding) {
    case HWCOMPILE_ZERO: return v < 0 ? 7 : 0;
    case HWCOMPILE_HALF_UP: return 4;
    case HWCOMPILE_HALF_DOWN: return 3;
    case HWCOMPILE_HALF_AWAY: return v < 0 ? 3 : 4;
    case HWCOMPILE_HALF_ZERO: return v < 0 ? 4 : 3;
    case HWCOMPILE_HALF_EVEN: return 3 + (hwcompile_shift_right(v, 3) & 1);
    default: return 0;
  }
}

int64_t hwcompile_assigned(
    double x, int fraction, int64_t low, int64_t high, int rounding, int overflow)
{
  /* Two digits more than the format has, and below a last one that says whether anything follows. */
  const double reach = 576460752303423488.0, most = ldexp(1.0, 900);
  const double finite = x > most ? most : x < -most ? -most : x;
  const double scaled = ldexp(finite, fraction + 2);
  const double whole = floor(scaled);
  const double inside = whole < -reach ? -reach : whole > reach ? reach : whole;
  const double kept = overflow == HWCOMPILE_WRAP ? fmod(whole, reach) : inside;
  const int64_t v = 2 * (int64_t)kept + (scaled != whole);
  const int64_t q = hwcompile_shift_right(v + rounding_term(v, rounding), 3);
  if (overflow == HWCOMPILE_WRAP) return hwcompile_wrap(q, low, (uint64_t)high - (uint64_t)low);
  if (q < low) return overflow == HWCOMPILE_TO_ZERO ? 0 : low;
  if (q > high) return overflow == HWCOMPILE_TO_ZERO ? 0 : high;
  return q;
}

/* For every line along the axis: `at` is its first element, `inner` the way to the next. */
#define EACH_LINE(from, of_part)                              \
  for (part = 0; part < outer; ++part)                        \
    for (column = 0, from = part * (of_part) * inner; column < inner; ++column, ++from)

#define SOFTMAX(name, type)                                                              \
  static double line_most_##name(const type *x, uint32_t length, uint32_t inner)         \
  {                                                                                      \
    double most = (double)x[0];                                                          \
    uint32_t i;                                                                          \
    for (i = 1; i < length; ++i)                                                         \
      if ((double)x[i * inner] > most) most = (double)x[i * inner];                      \
    return most;                                                                         \
  }                                                                                      \
                                                                                         \
  static double line_total_##name(                                                       \
      const type *x, uint32_t length, uint32_t inner, double most)                       \
  {                                                                                      \
    double total = 0.0;                                                                  \
    uint32_t i;                                                                          \
    for (i = 0; i < length; ++i) total += exp((double)x[i * inner] - most);              \
    return total;                                                                        \
  }                                                                                      \
                                                                                         \
  void hwcompile_softmax_##name(                                                         \
      const type *x, type *y, uint32_t outer, uint32_t length, uint32_t inner)           \
  {                                                                                      \
    uint32_t part, column, at, i;                                                        \
    EACH_LINE (at, length) {                                                             \
      const double most = line_most_##name(x + at, length, inner);                       \
      const double total = line_total_##name(x + at, length, inner, most);               \
      for (i = 0; i < length; ++i) {                                                     \
        const double share = exp((double)x[at + i * inner] - most) / total;              \
        y[at + i * inner] = (type)share;                                                 \
      }                                                                                  \
    }                                                                                    \
  }                                                                                      \
                                                                                         \
  void hwcompile_log_softmax_##name(                                                     \
      const type *x, type *y, uint32_t outer, uint32_t length, uint32_t inner)           \
  {                                                                                      \
    uint32_t part, column, at, i;                                                        \
    EACH_LINE (at, length) {                                                             \
      const double most = line_most_##name(x + at, length, inner);                       \
      const double total = log(line_total_##name(x + at, length, inner, most));          \
      for (i = 0; i < length; ++i) {                                                     \
        const double shifted = (double)x[at + i * inner] - most;                         \
        y[at + i * inner] = (type)(shifted - total);                                     \
      }                                                                                  \
    }                                                                                    \
  }

SOFTMAX(f, float)
SOFTMAX(d, double)

/* The k greatest, the first of equal ones first: each is the greatest of those behind the last. */
#define RANKED(name, type)                                                               \
  void hwcompile_topk_##name(                                                            \
      const type *x, type *values, int64_t *indices,                                     \
      uint32_t outer, uint32_t length, uint32_t inner, uint32_t k)                       \
  {                                                                                      \
    uint32_t part, column, at, i, rank;                                                  \
    EACH_LINE (at, length) {                                                             \
      const uint32_t to = part * k * inner + column;                                     \
      uint32_t last = 0;                                                                 \
      for (rank = 0; rank < k; ++rank) {                                                 \
        uint32_t best = length;                                                          \
        for (i = 0; i < length; ++i) {                                                   \
          const type value = x[at + i * inner], before = x[at + last * inner];           \
          const int behind = value < before || (!(value > before) && i > last);          \
          if (rank > 0 && !behind) continue;                                             \
          if (best == length || value > x[at + best * inner]) best = i;                  \
        }                                                                                \
        if (values != NULL) values[to + rank * inner] = x[at + best * inner];            \
        if (indices != NULL) indices[to + rank * inner] = (int64_t)best;                 \
        last = best;                                                                     \
      }                                                                                  \
    }                                                                                    \
  }                                                                                      \
                                                                                         \
  void hwcompile_argmax_##name(                                                          \
      const type *x, int64_t *y, uint32_t outer, uint32_t length, uint32_t inner)        \
  {                                                                                      \
    hwcompile_topk_##name(x, NULL, y, outer, length, inner, 1u);                         \
  }

RANKED(f, float)
RANKED(d, double)
RANKED(i, int64_t)

void hwcompile_lp_normalization(
    const float *x, float *y, uint32_t outer, uint32_t length, uint32_t inner, int p)
{
  uint32_t part, column, at, i;
  EACH_LINE (at, length) {
    float norm = 0.0f;
    for (i = 0; i < length; ++i) {
      const float value = x[at + i * inner];
      norm += p == 1 ? fabsf(value) : value * value;
    }
    if (p != 1) norm = sqrtf(norm);
    for (i = 0; i < length; ++i) {
      const float value = x[at + i * inner];
      y[at + i * inner] = norm == 0.0f ? value : value / norm;
    }
  }
}

void hwcompile_quantized_softmax(
    const int64_t *x, int64_t *y, uint32_t outer, uint32_t length, uint32_t inner,
    const float *exponentials, float steps, const int64_t *range)
{
  uint32_t part, column, at, i;
  EACH_LINE (at, length) {
    int64_t most = x[at];
    float total = 0.0f;
    for (i = 1; i < length; ++i)
      if (x[at + i * inner] > most) most = x[at + i * inner];
    for (i = 0; i < length; ++i) total += exponentials[x[at + i * inner] - most + 255];
    for (i = 0; i < length; ++i) {
      const float weight = exponentials[x[at + i * inner] - most + 255] * steps;
      const int64_t q = (int64_t)rintf(weight / total) + range[0];
      y[at + i * inner] = q < range[1] ? range[1] : q > range[2] ? range[2] : q;
    }
  }
}

/* Fixed point in 32 bits, as gemmlowp defines it: round(a * b / 2^31), halves away from zero. */
static int64_t high_half(int64_t a, int64_t b)
{
  const int64_t product = a * b;
  return (product + (product >= 0 ? INT64_C(1) << 30 : 1 - (INT64_C(1) << 30))) / (INT64_C(1) << 31);
}

/* round(x / 2^digits), halves away from zero. */
static int64_t divided_by_power(int64_t x, int64_t digits)
{
  const int64_t half = (INT64_C(1) << digits) >> 1;
  return (x < 0 ? x - half : x + half) / (INT64_C(1) << digits);
}

static int64_t saturated(int64_t x)
{
  return x > INT32_MAX ? INT32_MAX : x < INT32_MIN ? INT32_MIN : x;
}

/* exp(a) for a <= 0 with 5 integer digits; the result has none. */
static int64_t fixed_exponential(int64_t a)
{
  static const int64_t factors[7] = {
    1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242
  };
  const int64_t quarter = INT64_C(1) << 24;
  const int64_t rest = (int64_t)((uint64_t)a & (uint64_t)(quarter - 1)) - quarter;
  const int64_t x = rest * 32 + (INT64_C(1) << 28), x2 = high_half(x, x);
  const int64_t third = high_half(
      divided_by_power(high_half(x2, x2), 2) + high_half(x2, x), INT64_C(715827883));
  int64_t result = INT64_C(1895147668) +
      high_half(x + divided_by_power(third + x2, 1), INT64_C(1895147668));
  int i;
  if (a == 0) return INT32_MAX;
  for (i = 0; i < 7; ++i)
    if (((rest - a) >> (24 + i)) & 1) result = high_half(result, factors[i]);
  return result;
}

/* 1 / x for a sum with 12 integer digits, and how many binary digits it is above one. */
static int64_t fixed_reciprocal(int64_t x, int64_t *above)
{
  int64_t headroom = 0, half, found;
  int i;
  while (((x << headroom) >> 31) == 0) ++headroom;
  half = (x << headroom) - (INT64_C(1) << 31) + INT32_MAX;
  half = (half >= 0 ? half + 1 : half - 1) / 2;
  found = INT64_C(1515870810) + high_half(half, -INT64_C(1010580540));
  for (i = 0; i < 3; ++i)
    found += saturated(high_half(found, (INT64_C(1) << 29) - high_half(half, found)) * 4);
  *above = 12 - headroom;
  return saturated(found * 2);
}

void hwcompile_fixed_softmax(
    const int64_t *x, int64_t *y, uint32_t outer, uint32_t length, uint32_t inner,
    const int64_t *numbers)
{
  uint32_t part, column, at, i;
  EACH_LINE (at, length) {
    int64_t most = x[at], total = 0, above, factor;
    for (i = 1; i < length; ++i)
      if (x[at + i * inner] > most) most = x[at + i * inner];
    for (i = 0; i < length; ++i) {
      const int64_t distance = x[at + i * inner] - most;
      if (distance < -numbers[2]) continue;
      total += divided_by_power(
          fixed_exponential(high_half(distance * (INT64_C(1) << numbers[1]), numbers[0])), 12);
    }
    factor = fixed_reciprocal(total, &above);
    for (i = 0; i < length; ++i) {
      const int64_t distance = x[at + i * inner] - most;
      int64_t share = 0;
      if (distance >= -numbers[2])
        share = divided_by_power(
            high_half(
                fixed_exponential(high_half(distance * (INT64_C(1) << numbers[1]), numbers[0])),
                factor),
            above + 31 - 8);
      share += numbers[3];
      y[at + i * inner] = share > numbers[4] ? numbers[4] : share;
    }
  }
}
