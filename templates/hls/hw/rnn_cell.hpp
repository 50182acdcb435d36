// The element-wise part of a recurrent layer: that of an LSTM or, as Cell says, of a GRU.
//
// A unit's four sums and its constants {dead [4], bias [4], peephole i, f, o} become its new state c
// (of a GRU: h), and the m that PEs read. With GruReset a unit is completed twice: first to the reset
// state m, then to h. Tables are read at the clamped, shifted value with the middle of the table for
// zero. See hw_rnn_cell, hw_lstm_cell, hw_gru_cell, hw_gru_reset_cell and hw_rnn_table.
#ifndef HW_RNN_CELL_HPP
#define HW_RNN_CELL_HPP

#include "dot.hpp"
#include "round_clamp.hpp"

namespace hw {

enum class rnn_cell { Lstm, Gru, GruReset };

namespace detail {

// What a unit becomes.
struct unit_state {
  calc<33> c;
  calc<33> m;
};

template <int Bits, int Shift, int Index, rounding Lookup, class Value, class Table>
calc<33> looked_up(const Value &value, const Table &table, int slice) {
#pragma HLS INLINE
  constexpr int middle = 1 << (Index - 1);
  const calc<33> clamped = round_clamp<Bits, Shift, Lookup, -middle, middle - 1>(value);
  const int place = static_cast<int>(clamped) + middle;
  return calc<33>(table[place][slice]);
}

// A sum with its bias; a left shift is a product, which also negative numbers have.
template <class P>
calc<P::z_bits> shifted_left(const calc<P::z_bits> &value, int by) {
#pragma HLS INLINE
  return calc<P::z_bits>(value * calc<P::z_bits>(calc<P::z_bits>(1) << by));
}

template <class P, rounding Lookup, class Sum, class Row, class Sigma, class Candidate, class Squash>
unit_state lstm(const Sum (&z)[4], const Row &row, const calc<33> &c, const Sigma &sigma,
                const Candidate &candidate, const Squash &squash) {
#pragma HLS INLINE
  typedef calc<P::z_bits> z_t;
  constexpr rounding style = rounding_of(P::half_up, P::half_even);
  constexpr int several = P::sigma_slices > 1 ? 1 : 0;
  z_t sum[4];
  for (int gate = 0; gate < 4; ++gate) {
#pragma HLS UNROLL
    sum[gate] = z_t(z_t(z[gate]) + z_t(row[4 + gate]));
  }
  const z_t peep_i = z_t(z_t(row[8]) * z_t(c)), peep_f = z_t(z_t(row[9]) * z_t(c));
  const z_t in = z_t(sum[0] + shifted_left<P>(peep_i, P::peep_shift_i));
  const z_t forget = z_t(sum[1] + shifted_left<P>(peep_f, P::peep_shift_f));
  const z_t i = z_t(looked_up<P::z_bits, P::sigma_shift, P::sigma_index, Lookup>(in, sigma, 0));
  const z_t f = z_t(looked_up<P::z_bits, P::sigma_shift, P::sigma_index, Lookup>(forget, sigma, several));
  const z_t g = z_t(looked_up<P::z_bits, P::candidate_shift, P::candidate_index, Lookup>(sum[2], candidate, 0));
  z_t kept = z_t(f * z_t(c));
  z_t fresh = z_t(i * g);
  if (P::parts) {
    kept = z_t(round_clamp<P::z_bits, P::forget_part, style, P::c_low, P::c_high>(kept));
    fresh = z_t(round_clamp<P::z_bits, P::input_part, style, P::c_low, P::c_high>(fresh));
  }
  const z_t total = z_t(shifted_left<P>(kept, P::forget_shift) + shifted_left<P>(fresh, P::input_shift));
  unit_state next;
  next.c = round_clamp<P::z_bits, P::c_shift, style, P::c_low, P::c_high>(total);
  const z_t h = z_t(looked_up<P::c_bits, P::squash_shift, P::squash_index, Lookup>(next.c, squash, 0));
  const z_t peep_o = z_t(z_t(row[10]) * z_t(next.c));
  const z_t out = z_t(sum[3] + shifted_left<P>(peep_o, P::peep_shift_o));
  const z_t o = z_t(looked_up<P::z_bits, P::sigma_shift, P::sigma_index, Lookup>(out, sigma, 2 * several));
  next.m = round_clamp<P::z_bits, P::m_shift, style, P::m_low, P::m_high>(z_t(o * h));
  return next;
}

// h of a GRU from its update gate and its candidate.
template <class P>
calc<33> blended(const calc<P::z_bits> &u, const calc<P::z_bits> &n, const calc<33> &h) {
#pragma HLS INLINE
  typedef calc<P::z_bits> z_t;
  constexpr rounding style = rounding_of(P::half_up, false);
  const z_t fresh = z_t(z_t(calc<34>(P::one) - calc<34>(u)) * n);
  const z_t kept = z_t(u * z_t(h));
  const z_t total = z_t(shifted_left<P>(fresh, P::input_shift) + shifted_left<P>(kept, P::forget_shift));
  return round_clamp<P::z_bits, P::c_shift, style, P::c_low, P::c_high>(total);
}

template <class P, class Sum, class Row, class Sigma, class Candidate>
unit_state gru(const Sum (&z)[4], const Row &row, const calc<33> &h, const Sigma &sigma,
               const Candidate &candidate) {
#pragma HLS INLINE
  typedef calc<P::z_bits> z_t;
  constexpr rounding down = rounding::Floor;
  const z_t sum_r = z_t(z_t(z[0]) + z_t(row[4])), sum_u = z_t(z_t(z[1]) + z_t(row[5]));
  const z_t a = z_t(z_t(z[2]) + z_t(row[6])), b = z_t(z_t(z[3]) + z_t(row[7]));
  const z_t r = z_t(looked_up<P::z_bits, P::sigma_shift, P::sigma_index, down>(sum_r, sigma, 0));
  const z_t u = z_t(looked_up<P::z_bits, P::sigma_shift, P::sigma_index, down>(sum_u, sigma, 0));
  const z_t v = z_t(shifted_left<P>(a, P::n_shift) + z_t(r * b));
  const z_t n = z_t(looked_up<P::z_bits, P::candidate_shift, P::candidate_index, down>(v, candidate, 0));
  unit_state next;
  next.c = blended<P>(u, n, h);
  next.m = next.c;
  return next;
}

// The first phase of a GRU whose reset gate acts before the matrix; c is the update gate, to be kept.
template <class P, class Sum, class Row, class Sigma>
unit_state gru_reset(const Sum (&z)[4], const Row &row, const calc<33> &h, const Sigma &sigma) {
#pragma HLS INLINE
  typedef calc<P::z_bits> z_t;
  constexpr rounding down = rounding::Floor;
  constexpr rounding style = rounding_of(P::half_up, false);
  const z_t sum_r = z_t(z_t(z[0]) + z_t(row[4])), sum_u = z_t(z_t(z[1]) + z_t(row[5]));
  const calc<66> r = calc<66>(looked_up<P::z_bits, P::sigma_shift, P::sigma_index, down>(sum_r, sigma, 0));
  unit_state next;
  next.c = looked_up<P::z_bits, P::sigma_shift, P::sigma_index, down>(sum_u, sigma, 0);
  next.m = round_clamp<66, P::reset_shift, style, P::c_low, P::c_high>(calc<66>(r * calc<66>(h)));
  return next;
}

// The second phase: h.
template <class P, int RShift, class Sum, class Row, class Candidate>
calc<33> gru_candidate(const Sum (&z)[4], const Row &row, const calc<33> &h, const calc<33> &kept_u,
                       const Candidate &candidate) {
#pragma HLS INLINE
  typedef calc<P::z_bits> z_t;
  const z_t a = z_t(z_t(z[2]) + z_t(row[6]));
  const z_t b = z_t(shifted_left<P>(z_t(z[3]), RShift) + z_t(row[7]));
  const z_t v = z_t(shifted_left<P>(a, P::n_shift) + b);
  const z_t n = z_t(looked_up<P::z_bits, P::candidate_shift, P::candidate_index, rounding::Floor>(v, candidate, 0));
  return blended<P>(z_t(kept_u), n, h);
}

}  // namespace detail

}  // namespace hw

#endif
