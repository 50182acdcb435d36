/*
 * What C's own library has not of the functions in front of and behind a network: the same numbers
 * as hwcompile_runtime, the runtime for Python, computes. Every operation rounds once, so compile
 * without -ffast-math and without fused multiplications (-ffp-contract=off, which -std=c99 implies).
 */
#ifndef HWCOMPILE_REALS_H
#define HWCOMPILE_REALS_H

#include <float.h>
#include <stdint.h>

#if FLT_EVAL_METHOD != 0
#error "float and double must be computed in their own precision (x86: -msse2 -mfpmath=sse)"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Integers of 64 bits that wrap; quotients go toward zero, or down. */
int64_t hwcompile_add(int64_t a, int64_t b);
int64_t hwcompile_sub(int64_t a, int64_t b);
int64_t hwcompile_mul(int64_t a, int64_t b);
int64_t hwcompile_div(int64_t a, int64_t b);
int64_t hwcompile_floor_div(int64_t a, int64_t b);
int64_t hwcompile_shift_left(int64_t a, int64_t by);
int64_t hwcompile_shift_right(int64_t a, int64_t by);
int64_t hwcompile_power(int64_t base, int64_t exponent);
int64_t hwcompile_wrap(int64_t a, int64_t low, uint64_t mask);

/* A real number without its fraction, inside the limits of a type. */
int64_t hwcompile_whole(double x, int64_t low, int64_t high);

/* Functions of real numbers. */
float hwcompile_floor_div_f(float a, float b);
float hwcompile_rational_sigmoid(float x);
double hwcompile_erf(double x);
double hwcompile_logistic(double x);
double hwcompile_softplus(double x);

/* How many of the ascending steps are not above x. */
int64_t hwcompile_count(const float *steps, uint32_t count, double x);

/* Real numbers in fixed point, as Xilinx' ap_fixed rounds and fits them. */
enum hwcompile_rounding {
  HWCOMPILE_FLOOR, HWCOMPILE_ZERO, HWCOMPILE_HALF_UP, HWCOMPILE_HALF_DOWN,
  HWCOMPILE_HALF_AWAY, HWCOMPILE_HALF_ZERO, HWCOMPILE_HALF_EVEN
};
enum hwcompile_overflow { HWCOMPILE_SATURATE, HWCOMPILE_TO_ZERO, HWCOMPILE_WRAP };
int64_t hwcompile_assigned(
    double x, int fraction, int64_t low, int64_t high, int rounding, int overflow);

/*
 * Along one axis of an array: `outer` parts, each of `length` rows of `inner` numbers. The result of
 * a softmax may be its operand; others have 1 or k rows in each part.
 */
void hwcompile_softmax_f(
    const float *x, float *y, uint32_t outer, uint32_t length, uint32_t inner);
void hwcompile_softmax_d(
    const double *x, double *y, uint32_t outer, uint32_t length, uint32_t inner);
void hwcompile_log_softmax_f(
    const float *x, float *y, uint32_t outer, uint32_t length, uint32_t inner);
void hwcompile_log_softmax_d(
    const double *x, double *y, uint32_t outer, uint32_t length, uint32_t inner);
void hwcompile_argmax_f(
    const float *x, int64_t *y, uint32_t outer, uint32_t length, uint32_t inner);
void hwcompile_argmax_d(
    const double *x, int64_t *y, uint32_t outer, uint32_t length, uint32_t inner);
void hwcompile_argmax_i(
    const int64_t *x, int64_t *y, uint32_t outer, uint32_t length, uint32_t inner);
/* One of `values` and `indices` may be null. */
void hwcompile_topk_f(
    const float *x, float *values, int64_t *indices,
    uint32_t outer, uint32_t length, uint32_t inner, uint32_t k);
void hwcompile_topk_d(
    const double *x, double *values, int64_t *indices,
    uint32_t outer, uint32_t length, uint32_t inner, uint32_t k);
void hwcompile_topk_i(
    const int64_t *x, int64_t *values, int64_t *indices,
    uint32_t outer, uint32_t length, uint32_t inner, uint32_t k);

/* Integers to integers through a table of 256 exponentials; `range` is zero point, least, greatest. */
/* Numbers over the sum of their magnitudes (p = 1), or the root of that of their squares (p = 2). */
void hwcompile_lp_normalization(
    const float *x, float *y, uint32_t outer, uint32_t length, uint32_t inner, int p);
void hwcompile_quantized_softmax(
    const int64_t *x, int64_t *y, uint32_t outer, uint32_t length, uint32_t inner,
    const float *exponentials, float steps, const int64_t *range);

/* TFLite's softmax in fixed point; `numbers` are mantissa and shift of what a step means, the
   largest distance that counts, least and greatest result. */
void hwcompile_fixed_softmax(
    const int64_t *x, int64_t *y, uint32_t outer, uint32_t length, uint32_t inner,
    const int64_t *numbers);

#ifdef __cplusplus
}
#endif

#endif
