// Steps of an LSTM cell whose sums are scaled by any factors and rounded, with 16 bits inside.
//
// A frame begins with Units words of y and of c. Every step takes a word of a unit's gates i, f,
// candidate, o, adds a row of recurrent weights times y of the step before, and gives y and c.
// Weights stand in the order unit, gate, word. See hw_scaled_lstm and hw_scaled_cell.
#ifndef HW_SCALED_LSTM_HPP
#define HW_SCALED_LSTM_HPP

#include "stream.hpp"

namespace hw {

namespace detail {

typedef calc<64> wide_t;

// x / 2^Digits, halves away from zero.
template <int Digits>
wide_t nearest_away(wide_t x) {
#pragma HLS INLINE
  return Digits == 0 ? x
                     : wide_t((x + (wide_t(1) << most(Digits - 1, 0)) - (x < 0 ? 1 : 0)) >> Digits);
}

// x times a factor, rounded twice. |x| is below 2^31.
template <unsigned Mantissa, int First, int Second>
wide_t rescaled(wide_t x) {
#pragma HLS INLINE
  const wide_t whole = wide_t((x * wide_t(Mantissa) + (wide_t(1) << (First - 1))) >> First);
  return nearest_away<Second>(whole);
}

template <class C>
wide_t rescaled_sum(int gate, wide_t x) {
#pragma HLS INLINE
  if (gate == 0) return rescaled<C::mantissa_i, C::first_i, C::second_i>(x);
  if (gate == 1) return rescaled<C::mantissa_f, C::first_f, C::second_f>(x);
  if (gate == 2) return rescaled<C::mantissa_g, C::first_g, C::second_g>(x);
  return rescaled<C::mantissa_o, C::first_o, C::second_o>(x);
}

inline wide_t limited(wide_t x, wide_t low, wide_t high) {
#pragma HLS INLINE
  return x < low ? low : x > high ? high : x;
}

// A function that mirrors itself: lines between samples, and what they miss.
template <int Digits, int Mirror, class Sample, int Samples, class Rest, int Rests>
wide_t mirrored(wide_t x, const Sample (&samples)[Samples][1][2], const Rest (&rests)[Rests][1]) {
#pragma HLS INLINE
  const wide_t size = x < 0 ? wide_t(-x) : x;
  const int place = static_cast<int>(size > Rests - 1 ? wide_t(Rests - 1) : size);
  const int sample = place >> Digits;
  const wide_t start = wide_t(samples[sample][0][0]);
  const wide_t slope = wide_t(samples[sample][0][1]);
  const wide_t line = (start << Digits) + slope * wide_t(place & ((1 << Digits) - 1));
  const wide_t found =
      wide_t((line + (wide_t(1) << (Digits - 1))) >> Digits) + wide_t(rests[place][0]);
  return x < 0 ? wide_t(Mirror - found) : found;
}

}  // namespace detail

template <class C, class X, class Y0, class C0, class Out, class Weight, int Depth, int Lanes,
          class Bias, int Rows, class S0, int N0, class R0, int M0, class S1, int N1, class R1,
          int M1, class S2, int N2, class R2, int M2>
void scaled_lstm(stream<X> &own, stream<Y0> &first_y, stream<C0> &first_c, stream<Out> &out,
                 const Weight (&weights)[Depth][Lanes], const Bias (&biases)[Rows][1],
                 const S0 (&sigma)[N0][1][2], const R0 (&sigma_rests)[M0][1],
                 const S1 (&candidate)[N1][1][2], const R1 (&candidate_rests)[M1][1],
                 const S2 (&squash)[N2][1][2], const R2 (&squash_rests)[M2][1]) {
  using namespace detail;
  constexpr int words = (C::Units + C::Lanes - 1) / C::Lanes;
  integer<16> y[2][words * C::Lanes];
  integer<16> c[C::Units];
#pragma HLS ARRAY_PARTITION variable=y cyclic factor=C::Lanes dim=2

  for (int j = 0; j < words * C::Lanes; ++j) {
#pragma HLS PIPELINE II=1
    y[0][j] = 0;
    y[1][j] = 0;
    if (j < C::Units) {
      y[0][j] = integer<16>(first_y.read().lane[0]);
      c[j] = integer<16>(first_c.read().lane[0]);
    }
  }
  for (int step = 0; step < C::Steps; ++step) {
    const int bank = step & 1;
    for (int j = 0; j < C::Units; ++j) {
      const X word = own.read();
      wide_t gates[4];
      for (int gate = 0; gate < 4; ++gate) {
        const int row = 4 * j + gate;
        wide_t sum = wide_t(biases[row][0]);
        for (int k = 0; k < words; ++k) {
#pragma HLS PIPELINE II=1
          for (int lane = 0; lane < C::Lanes; ++lane) {
#pragma HLS UNROLL
            sum += wide_t(weights[row * words + k][lane]) * wide_t(y[bank][k * C::Lanes + lane]);
          }
        }
        const wide_t z =
            limited(rescaled_sum<typename C::Cell>(gate, sum) + wide_t(word.lane[gate]), -32768, 32767);
        gates[gate] = gate == 2 ? mirrored<C::Cell::candidate_digits, 0>(z, candidate, candidate_rests)
                                : mirrored<C::Cell::sigma_digits, 32767>(z, sigma, sigma_rests);
      }
      const wide_t kept = nearest_away<15>(gates[1] * wide_t(c[j]));
      const wide_t entering = nearest_away<C::Cell::new_digits>(gates[0] * gates[2]);
      const wide_t following =
          limited(kept + entering, C::Cell::cell_low, C::Cell::cell_high);
      const wide_t hidden = gates[3] * mirrored<C::Cell::squash_digits, 0>(following, squash, squash_rests);
      const wide_t shown = rescaled<C::Cell::hidden_mantissa, C::Cell::hidden_first, C::Cell::hidden_second>(hidden) +
                           C::Cell::zero;
      const wide_t result = limited(shown, C::Cell::low, C::Cell::high);
      c[j] = integer<16>(following);
      y[1 - bank][j] = integer<16>(result);
      Out both;
      both.lane[0] = typename Out::element(result);
      both.lane[1] = typename Out::element(following);
      out.write(both);
    }
  }
}

}  // namespace hw

#endif
