// How a sequence of a recurrent engine begins: with zeros, where a start token says so, or with a
// state that comes in with every frame (rnn_engine.hpp; State is its rnn_state).
#ifndef HW_RNN_BEGIN_HPP
#define HW_RNN_BEGIN_HPP

#include "dot.hpp"
#include "rnn_cell.hpp"
#include "stream.hpp"

namespace hw {

namespace detail {

// Whether the sequence of a channel begins with a step.
template <class C>
bool starts(const no_memory &, int) {
  return false;
}

template <class C, class Word>
bool starts(const Word &token, int k) {
  return token.lane[k] != 0;
}

// The start token of a step, if there are any.
template <class C>
no_memory next_token(no_memory &none) {
  return none;
}

template <class C, class Word>
Word next_token(stream<Word> &tokens) {
#pragma HLS INLINE
  return tokens.read();
}

// The streams of a state that comes in: y and, of an LSTM, c.
template <class Y, class Cells>
struct rnn_beginning {
  stream<Y> &y;
  Cells &c;
};

template <class C, class Y, class Cells>
no_memory next_token(rnn_beginning<Y, Cells> &) {
  return no_memory();
}

// Take the state that a frame begins with, if any comes in.
template <class C, class State, class Tokens, class Order>
void rnn_begin(State &, Tokens &, const Order &) {}

// c of a frame's beginning, as a vector of its own.
template <class C, class State, class Word, class Order>
void rnn_begin_c(State &s, stream<Word> &c, const Order &order) {
  for (int index = C::Shape::y_size; index < C::Shape::order_rows; ++index) {
#pragma HLS PIPELINE II=1
    const Word in = c.read();
    const int thing = static_cast<int>(order[index][0][0]);
    const int lane = static_cast<int>(order[index][0][1]) - C::Lanes;
    for (int k = 0; k < C::Channels; ++k) {
#pragma HLS UNROLL
      s.first_c[lane][thing][k] = in.lane[k];
    }
  }
}

template <class C, class State, class Order>
void rnn_begin_c(State &, no_memory &, const Order &) {}

template <class C, class State, class Y, class Cells, class Order>
void rnn_begin(State &s, rnn_beginning<Y, Cells> &given, const Order &order) {
  for (int index = 0; index < C::Shape::y_size; ++index) {
#pragma HLS PIPELINE II=1
    const Y in = given.y.read();
    const int thing = static_cast<int>(order[index][0][0]);
    const int lane = static_cast<int>(order[index][0][1]);
    for (int k = 0; k < C::Channels; ++k) {
#pragma HLS UNROLL
      for (int p = 0; p < C::Pes; ++p) {
#pragma HLS UNROLL
        s.first_y[p][(thing + C::Shape::y_word) * C::Lanes + lane][k] = in.lane[k];
      }
      if (C::Cell::kind != rnn_cell::Lstm) s.first_c[lane][thing][k] = in.lane[k];
    }
  }
  rnn_begin_c<C>(s, given.c, order);
}

}  // namespace detail

}  // namespace hw

#endif
