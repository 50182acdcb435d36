// Words of a frame in beats of AXI4-Stream: lane 0 in the least significant bits of tdata, zeros
// above the last lane, tlast with the last word of a frame.
#ifndef HW_AXIS_HPP
#define HW_AXIS_HPP

#include "stream.hpp"

#if defined(HW_EXACT_WIDTHS) && defined(__has_include)
#if __has_include(<ap_axi_sdata.h>)
#include <ap_axi_sdata.h>
#define HW_AXI_SDATA 1
#endif
#endif

namespace hw {

#if defined(HW_AXI_SDATA)

// tdata, tkeep, tstrb, tlast.
template <int Bytes>
using beat = hls::axis<ap_uint<8 * Bytes>, 0, 0, 0>;

#elif defined(HW_EXACT_WIDTHS)

// The same for compilers that come without Xilinx' header.
template <int Bytes>
struct beat {
  ap_uint<8 * Bytes> data;
  ap_uint<Bytes> keep;
  ap_uint<Bytes> strb;
  ap_uint<1> last;
};

#else

template <int Bytes>
struct beat {
  unsigned char data[Bytes];
  bool last;
};

#endif

template <int Bytes>
using axis = stream<beat<Bytes>>;

namespace detail {

#ifdef HW_EXACT_WIDTHS

template <int Bits, class Beat>
ap_uint<Bits> bits_at(const Beat &beat, int low) {
#pragma HLS INLINE
  return ap_uint<Bits>(beat.data.range(low + Bits - 1, low));
}

template <int Bits, class Beat>
void set_bits(Beat &beat, int low, const ap_uint<Bits> &bits) {
#pragma HLS INLINE
  beat.data.range(low + Bits - 1, low) = bits;
}

template <class Beat>
void clear(Beat &beat) {
#pragma HLS INLINE
  beat.data = 0;
  beat.keep = -1;
  beat.strb = -1;
}

#else

// Bits that start anywhere in a byte, with all the bytes that they touch.
template <int Bits>
using touched = modular<Bits + 7>;

// The last byte of the bits that start at `low`.
template <int Bits>
constexpr int last_byte(int low) {
  static_assert(Bits + 7 <= 128, "a machine word holds the bytes of a lane");
  return low / 8 + (low % 8 + Bits - 1) / 8;
}

template <int Bits, class Beat>
natural<Bits> bits_at(const Beat &beat, int low) {
  const int first = low / 8, last = last_byte<Bits>(low);
  touched<Bits> bytes = 0;
  for (int i = first; i <= last; ++i) {
    bytes |= static_cast<touched<Bits>>(beat.data[i]) << (8 * (i - first));
  }
  return natural<Bits>(bytes >> (low % 8));
}

template <int Bits, class Beat>
void set_bits(Beat &beat, int low, const natural<Bits> &value) {
  const int first = low / 8, last = last_byte<Bits>(low);
  const touched<Bits> bytes = static_cast<touched<Bits>>(value.held) << (low % 8);
  for (int i = first; i <= last; ++i) {
    beat.data[i] = static_cast<unsigned char>(beat.data[i] | (bytes >> (8 * (i - first))));
  }
}

template <class Beat>
void clear(Beat &beat) {
  for (unsigned char &byte : beat.data) byte = 0;
}

#endif

}  // namespace detail

// The words of a frame from a port.
template <class C, int Bytes, class Word>
void from_axis(axis<Bytes> &port, stream<Word> &x) {
  for (int i = 0; i < C::FrameWords; ++i) {
#pragma HLS PIPELINE II=1
    const beat<Bytes> beat = port.read();
    Word word;
    for (int lane = 0; lane < Word::lanes; ++lane) {
#pragma HLS UNROLL
      word.lane[lane] = detail::bits_at<C::Bits>(beat, lane * C::Bits);
    }
    x.write(word);
  }
}

// The words of a frame to a port.
template <class C, int Bytes, class Word>
void to_axis(stream<Word> &y, axis<Bytes> &port) {
  for (int i = 0; i < C::FrameWords; ++i) {
#pragma HLS PIPELINE II=1
    const Word word = y.read();
    beat<Bytes> beat;
    detail::clear(beat);
    for (int lane = 0; lane < Word::lanes; ++lane) {
#pragma HLS UNROLL
      detail::set_bits<C::Bits>(beat, lane * C::Bits, natural<C::Bits>(word.lane[lane]));
    }
    beat.last = i == C::FrameWords - 1;
    port.write(beat);
  }
}

}  // namespace hw

#endif
