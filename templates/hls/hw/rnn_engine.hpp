// An engine for recurrent layers whose steps all follow one static schedule.
//
// In a step, row after row of the program is given to all PEs: {weight, skip, last, flag}. A PE
// multiplies the weight by an element, {flag, skip} places behind that of the entry before, sums up
// until `last`, and puts the sum into one of two result registers in turn. The first entry of a sum
// stands `skip` places behind the first of x, or with `flag` of m. The lanes' programs {thing, pe,
// gate, slot, use, first, final, second, valid} take these sums some rows later, add them up, and
// complete units (rnn_cell.hpp) and rows of a projection. What they make goes to the copies of the
// vectors that the PEs have: x from place 0 on, y, and m. Rows of both programs are so far apart that
// a sum is there when it is taken, and an element when it is read. A step ends here before the next
// one begins, so it takes Step::delay rows more than in hw_rnn_engine.
//
// Channels sequences run in step; a weight that is read is used for every channel. All sequences start
// with the first step of a frame unless Step::keep; that of a channel with each step for which its
// bit of the start token is 1. With Shape::takes_state a frame begins with y, and c of an LSTM, that
// come in; with Shape::gives_state c leaves behind y. A lane of the order from Lanes on means c.
#ifndef HW_RNN_ENGINE_HPP
#define HW_RNN_ENGINE_HPP

#include "dot.hpp"
#include "rnn_begin.hpp"
#include "rnn_cell.hpp"
#include "stream.hpp"

namespace hw {

namespace detail {

// Everything that outlives a cycle.
template <class C>
struct rnn_state {
  typedef modular<C::Format::acc_bits> sum_t;
  static constexpr int pes_per_lane = C::Pes / C::Lanes;
  static constexpr int words = 1 << clog2(C::Shape::state_words);
  static constexpr bool has_rows = C::Shape::projected && C::Cell::kind != rnn_cell::GruReset;
  static constexpr int sums = C::Shape::cell_units + (has_rows ? C::Shape::rows : 0);
  static constexpr int things = 1 << C::Shape::thing_bits;

  // Of PEs: copies of the vectors, y and m in one bank or two.
  integer<C::Format::act_bits> x[C::Pes][C::Shape::x_size][C::Channels];
  integer<C::Format::act_bits> state[C::Pes][2][words * C::Lanes][C::Channels];
  sum_t sum[C::Pes][C::Channels];
  sum_t result[C::Pes][2][C::Channels];
  int place[C::Pes];
  bool first[C::Pes];
  bool over_m[C::Pes];
  int slot[C::Pes];
  // Of lanes: sums that have been collected, states, update gates, the output.
  sum_t collected[C::Lanes][4][sums][C::Channels];
  integer<33> c[C::Lanes][C::Shape::cell_units][C::Channels];
  integer<33> gate[C::Lanes][C::Shape::cell_units][C::Channels];
  integer<C::Format::act_bits> out[C::Lanes][things][C::Channels];
  // The state of a frame's beginning, for PEs and lanes; zeros if none comes in.
  integer<C::Format::act_bits> first_y[C::Pes][words * C::Lanes][C::Channels];
  integer<33> first_c[C::Lanes][C::Shape::cell_units][C::Channels];
  bool fresh[C::Channels];
  int parity;
};

// What the arithmetic of an encoding asks for.
template <class C>
struct rnn_product {
  static constexpr int WBits = C::Format::w_bits;
  static constexpr int XBits = C::Format::act_bits;
  static constexpr int ProductBits = C::Format::product_bits;
};

// One entry of a PE.
template <class C, class Entry, class Book>
void rnn_entry(rnn_state<C> &s, int p, const Entry &entry, const Book &book) {
#pragma HLS INLINE
  typedef typename rnn_state<C>::sum_t sum_t;
  constexpr int bank_of_one = C::Shape::projected ? 0 : 1;
  const bool flag = entry[3] != 0, last = entry[2] != 0;
  const bool over_m = s.first[p] ? flag : s.over_m[p];
  const int base = s.first[p] ? (over_m ? C::Shape::m_base : 0) : s.place[p];
  const int far = (flag && !s.first[p]) ? 1 << C::Format::skip_bits : 0;
  const int place = (base + far + static_cast<int>(entry[1])) & ((1 << C::Shape::place_bits) - 1);
  const bool is_x = !over_m && place < C::Shape::x_size;
  const int at = place & (rnn_state<C>::words * C::Lanes - 1);
  for (int k = 0; k < C::Channels; ++k) {
#pragma HLS UNROLL
    typedef integer<C::Format::act_bits> element_t;
    const bool blank = !over_m && !is_x && s.fresh[k];
    element_t element = s.state[p][s.parity * bank_of_one][at][k];
    if (is_x) element = s.x[p][is_x ? place : 0][k];
    if (blank) element = C::Shape::takes_state ? s.first_y[p][at][k] : element_t(0);
    const calc<C::Format::product_bits> product =
        products<C::Encoding>::template one<rnn_product<C>>(weight_of(entry, book, 0), element);
    const int shift = is_x ? C::Format::x_shift : over_m ? 0 : C::Format::r_shift;
    const sum_t before = s.first[p] ? sum_t(0) : s.sum[p][k];
    s.sum[p][k] = sum_t(before + sum_t(sum_t(product) << shift));
    if (last) s.result[p][s.slot[p]][k] = s.sum[p][k];
  }
  s.place[p] = place;
  s.over_m[p] = over_m;
  s.first[p] = last;
  if (last) s.slot[p] = 1 - s.slot[p];
}

// An element of y or m to all PEs.
template <class C>
void rnn_write(rnn_state<C> &s, int bank, int word, int lane, int k, const calc<33> &value) {
#pragma HLS INLINE
  for (int p = 0; p < C::Pes; ++p) {
#pragma HLS UNROLL
    s.state[p][bank][word * C::Lanes + lane][k] = value;
  }
}

// A complete unit of a lane.
template <class C, class Row, class Sigma, class Candidate, class Squash>
void rnn_unit(rnn_state<C> &s, int lane, int thing, bool second, int k, const calc<64> (&z)[4],
              const Row &row, const Sigma &sigma, const Candidate &candidate,
              const Squash &squash) {
#pragma HLS INLINE
  typedef typename C::Cell P;
  const calc<33> begun = C::Shape::takes_state ? calc<33>(s.first_c[lane][thing][k]) : calc<33>(0);
  const calc<33> c = s.fresh[k] ? begun : calc<33>(s.c[lane][thing][k]);
  if constexpr (P::kind == rnn_cell::GruReset) {
    if (second) {
      const calc<33> u = calc<33>(s.gate[lane][thing][k]);
      const calc<33> h = gru_candidate<P, C::Format::r_shift>(z, row, c, u, candidate);
      s.c[lane][thing][k] = h;
      s.out[lane][thing][k] = h;
      rnn_write(s, 0, thing + C::Shape::y_word, lane, k, h);
    } else {
      const unit_state next = gru_reset<P>(z, row, c, sigma);
      s.gate[lane][thing][k] = next.c;
      rnn_write(s, 0, thing + C::Shape::m_word, lane, k, next.m);
    }
  } else {
    unit_state next;
    if constexpr (P::kind == rnn_cell::Gru) {
      next = gru<P>(z, row, c, sigma, candidate);
    } else {
      next = lstm<P, C::Lookup>(z, row, c, sigma, candidate, squash);
    }
    s.c[lane][thing][k] = next.c;
    if (C::Shape::projected) {
      rnn_write(s, 0, thing + C::Shape::m_word, lane, k, next.m);
    } else {
      // The step that follows reads what this one writes.
      rnn_write(s, 1 - s.parity, thing + C::Shape::y_word, lane, k, next.m);
      s.out[lane][thing][k] = next.m;
    }
  }
}

// One row of a lane's program.
template <class C, class Control, class Units, class Sigma, class Candidate, class Squash>
void rnn_lane(rnn_state<C> &s, int lane, const Control &control, const Units &units,
              const Sigma &sigma, const Candidate &candidate, const Squash &squash) {
#pragma HLS INLINE
  typedef typename rnn_state<C>::sum_t sum_t;
  typedef typename C::Cell P;
  constexpr rounding style = rounding_of(P::half_up, P::half_even);
  constexpr int acc_bits = C::Format::acc_bits;
  if (control[8] == 0) return;
  const int thing = static_cast<int>(control[0]);
  const int pe = lane * rnn_state<C>::pes_per_lane + static_cast<int>(control[1]);
  const int gate = static_cast<int>(control[2]), slot = static_cast<int>(control[3]);
  const bool use = control[4] != 0, first = control[5] != 0;
  const bool final = control[6] != 0, second = control[7] != 0;
  const bool is_row = rnn_state<C>::has_rows && second;
  const int at = thing + (is_row ? C::Shape::cell_units : 0);
  for (int k = 0; k < C::Channels; ++k) {
#pragma HLS UNROLL
    const sum_t value = use ? s.result[pe][slot][k] : sum_t(0);
    const sum_t old = first ? sum_t(0) : s.collected[lane][gate][at][k];
    const sum_t sum = sum_t(old + value);
    s.collected[lane][gate][at][k] = sum;
    if (!final) continue;
    if (is_row) {
      const calc<33> y = round_clamp<acc_bits, P::y_shift, style, P::y_low, P::y_high>(
          decoded<acc_bits>(sum));
      s.out[lane][thing][k] = y;
      rnn_write(s, 0, thing + C::Shape::y_word, lane, k, y);
      continue;
    }
    const auto &row = units[thing][lane];
    calc<64> z[4];
#pragma HLS ARRAY_PARTITION variable=z complete
    for (int g = 0; g < 4; ++g) {
#pragma HLS UNROLL
      const sum_t found = (g == gate) ? sum : s.collected[lane][g][thing][k];
      const bool dead = row[g] != 0 && g != gate;
      z[g] = dead ? calc<64>(0) : calc<64>(decoded<acc_bits>(found));
    }
    rnn_unit(s, lane, thing, second, k, z, row, sigma, candidate, squash);
  }
}

// One step: x is there.
template <class C, class Entries, class Book, class Controls, class Units, class Sigma,
          class Candidate, class Squash>
void rnn_step(rnn_state<C> &s, const Entries &entries, const Book &book,
              const Controls &controls, const Units &units, const Sigma &sigma, const Candidate &candidate,
              const Squash &squash) {
  // A sum is in its register 6 cycles after its last entry, and taken one after the lane's row.
  constexpr int behind = C::Step::delay - 5;
  for (int p = 0; p < C::Pes; ++p) {
#pragma HLS UNROLL
    s.first[p] = true;
    s.over_m[p] = false;
    s.slot[p] = 0;
    s.place[p] = 0;
  }
  for (int cycle = 0; cycle < C::Step::cycles + behind; ++cycle) {
#pragma HLS PIPELINE
    if (cycle < C::Step::cycles) {
      for (int p = 0; p < C::Pes; ++p) {
#pragma HLS UNROLL
        rnn_entry(s, p, entries[cycle][p], book);
      }
    }
    if (cycle >= behind) {
      for (int lane = 0; lane < C::Lanes; ++lane) {
#pragma HLS UNROLL
        rnn_lane(s, lane, controls[cycle - behind][lane], units, sigma, candidate, squash);
      }
    }
  }
}

template <class C, class X, class Tokens, class Y, class Entries, class Book, class Controls,
          class Units, class Order, class Sigma, class Candidate, class Squash>
void rnn_steps(stream<X> &x, Tokens &tokens, stream<Y> &y, const Entries &entries,
               const Book &book, const Controls &controls, const Units &units, const Order &order,
               const Sigma &sigma, const Candidate &candidate, const Squash &squash) {
  static rnn_state<C> s = {};
#pragma HLS ARRAY_PARTITION variable=s.x complete dim=1
#pragma HLS ARRAY_PARTITION variable=s.state complete dim=1
#pragma HLS ARRAY_PARTITION variable=s.first_y complete dim=1
#pragma HLS ARRAY_PARTITION variable=s.first_c complete dim=1
#pragma HLS ARRAY_PARTITION variable=s.sum complete dim=0
#pragma HLS ARRAY_PARTITION variable=s.result complete dim=0
#pragma HLS ARRAY_PARTITION variable=s.place complete
#pragma HLS ARRAY_PARTITION variable=s.first complete
#pragma HLS ARRAY_PARTITION variable=s.slot complete
#pragma HLS ARRAY_PARTITION variable=s.collected complete dim=1
#pragma HLS ARRAY_PARTITION variable=s.collected complete dim=2
  static bool begun = false;

  rnn_begin<C>(s, tokens, order);
  for (int step = 0; step < C::Step::steps; ++step) {
    for (int index = 0; index < C::Shape::x_size; ++index) {
#pragma HLS PIPELINE II=1
      const X in = x.read();
      for (int p = 0; p < C::Pes; ++p) {
#pragma HLS UNROLL
        for (int k = 0; k < C::Channels; ++k) {
#pragma HLS UNROLL
          s.x[p][index][k] = calc<C::Format::act_bits + 1>(in.lane[k]);
        }
      }
    }
    const bool virgin = step == 0 && !(C::Step::keep && begun);
    const auto token = next_token<C>(tokens);
    for (int k = 0; k < C::Channels; ++k) {
#pragma HLS UNROLL
      s.fresh[k] = virgin || starts<C>(token, k);
    }
    rnn_step(s, entries, book, controls, units, sigma, candidate, squash);
    for (int index = 0; index < C::Shape::out_size; ++index) {
#pragma HLS PIPELINE II=1
      Y out;
      for (int k = 0; k < C::Channels; ++k) {
#pragma HLS UNROLL
        const int lane = static_cast<int>(order[index][0][1]);
        const int thing = static_cast<int>(order[index][0][0]);
        if (C::Shape::gives_state && lane >= C::Lanes) {
          out.lane[k] = s.c[lane - C::Lanes][thing][k];
        } else {
          out.lane[k] = s.out[lane][thing][k];
        }
      }
      y.write(out);
    }
    s.parity = 1 - s.parity;
    begun = true;
  }
}

// The memories: entries, the code book if weights are Coded, rows of control, units, order, tables:
// of a GRU two, of an LSTM three.
template <class C, bool Coded>
struct rnn_memories {
  template <class X, class T, class Y, class Entries, class Controls, class Units, class Order,
            class Sigma, class Candidate>
  static void run(X &x, T &tokens, Y &y, const Entries &entries, const Controls &controls,
                  const Units &units, const Order &order, const Sigma &sigma,
                  const Candidate &candidate) {
    const no_memory none = no_memory();
    rnn_steps<C>(x, tokens, y, entries, none, controls, units, order, sigma, candidate, none);
  }

  template <class X, class T, class Y, class Entries, class Controls, class Units, class Order,
            class Sigma, class Candidate, class Squash>
  static void run(X &x, T &tokens, Y &y, const Entries &entries, const Controls &controls,
                  const Units &units, const Order &order, const Sigma &sigma,
                  const Candidate &candidate, const Squash &squash) {
    const no_memory none = no_memory();
    rnn_steps<C>(x, tokens, y, entries, none, controls, units, order, sigma, candidate, squash);
  }
};

template <class C>
struct rnn_memories<C, true> {
  template <class X, class T, class Y, class Entries, class Book, class Controls, class Units,
            class Order, class Sigma, class Candidate>
  static void run(X &x, T &tokens, Y &y, const Entries &entries, const Book &book,
                  const Controls &controls, const Units &units, const Order &order,
                  const Sigma &sigma, const Candidate &candidate) {
    const no_memory none = no_memory();
    rnn_steps<C>(x, tokens, y, entries, book, controls, units, order, sigma, candidate, none);
  }

  template <class X, class T, class Y, class Entries, class Book, class Controls, class Units,
            class Order, class Sigma, class Candidate, class Squash>
  static void run(X &x, T &tokens, Y &y, const Entries &entries, const Book &book,
                  const Controls &controls, const Units &units, const Order &order,
                  const Sigma &sigma, const Candidate &candidate, const Squash &squash) {
    rnn_steps<C>(x, tokens, y, entries, book, controls, units, order, sigma, candidate, squash);
  }
};

}  // namespace detail

template <class C, class X, class Y, class Entries, int Cycles, int Fields, class... Others>
void rnn_engine(stream<X> &x, stream<Y> &y, const Entries (&entries)[Cycles][C::Pes][Fields],
                const Others &...others) {
  no_memory none;
  detail::rnn_memories<C, (C::Format::code_bits > 0)>::run(x, none, y, entries, others...);
}

// The same with a stream of start tokens, or of the state that a frame begins with.
template <class C, class X, class T, class Y, class Entries, int Cycles, int Fields,
          class... Others>
void rnn_engine(stream<X> &x, stream<T> &tokens, stream<Y> &y,
                const Entries (&entries)[Cycles][C::Pes][Fields], const Others &...others) {
  typedef detail::rnn_memories<C, (C::Format::code_bits > 0)> memories;
  if constexpr (C::Shape::takes_state) {
    no_memory none;
    detail::rnn_beginning<T, no_memory> given = {tokens, none};
    memories::run(x, given, y, entries, others...);
  } else {
    memories::run(x, tokens, y, entries, others...);
  }
}

// The same with both vectors of the state that a frame of an LSTM begins with.
template <class C, class X, class S, class T, class Y, class Entries, int Cycles, int Fields,
          class... Others>
void rnn_engine(stream<X> &x, stream<S> &state, stream<T> &cells, stream<Y> &y,
                const Entries (&entries)[Cycles][C::Pes][Fields], const Others &...others) {
  detail::rnn_beginning<S, stream<T>> given = {state, cells};
  detail::rnn_memories<C, (C::Format::code_bits > 0)>::run(x, given, y, entries, others...);
}

}  // namespace hw

#endif
