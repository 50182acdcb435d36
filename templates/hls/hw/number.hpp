// Numbers of so many bits.
//
// In synthesis, and in simulation with HW_AP_TYPES, they are ap_int and ap_uint, and every
// intermediate result has exactly the width that the circuit has. Without, a simulation keeps them
// in machine words, which is some fifty times as fast and gives the same integers.
#ifndef HW_NUMBER_HPP
#define HW_NUMBER_HPP

#if defined(__SYNTHESIS__) || defined(HW_AP_TYPES)
#define HW_EXACT_WIDTHS 1
// A beat of a port may be wider than the 1024 bits that ap_int allows unless it is told.
#ifndef AP_INT_MAX_W
#define AP_INT_MAX_W 32768
#endif
#include <ap_int.h>
#else
#include <cstdint>
#endif

namespace hw {

// ceil(log2(n)) for n >= 1.
constexpr int clog2(unsigned long long n) {
  int bits = 0;
  for (int i = 0; i < 64; ++i) bits += (i < 63 && (1ull << i) < n) ? 1 : 0;
  return bits;
}

constexpr int least(int a, int b) { return a < b ? a : b; }
constexpr int most(int a, int b) { return a > b ? a : b; }

namespace detail {

template <bool Condition, class Yes, class No>
struct choose {
  typedef Yes type;
};
template <class Yes, class No>
struct choose<false, Yes, No> {
  typedef No type;
};

}  // namespace detail

#ifdef HW_EXACT_WIDTHS

// A stored number: in a stream, a register, or a memory that is written.
template <int Bits, bool Signed>
using number = typename detail::choose<Signed, ap_int<Bits>, ap_uint<Bits>>::type;

// A signed intermediate result that Bits bits hold.
template <int Bits>
using calc = ap_int<Bits>;

// An intermediate result modulo 2**Bits.
template <int Bits>
using modular = ap_uint<Bits>;

// A signed sum that Grown bits hold, and of which Kept bits are of interest.
template <int Grown, int Kept>
using partial = ap_int<(Grown < Kept) ? Grown : Kept>;

// A signed factor of Bits bits in a product of Product bits.
template <int Bits, int Product>
using factor = ap_int<Bits>;

#else

__extension__ typedef __int128 int128;
__extension__ typedef unsigned __int128 uint128;

namespace detail {

template <int Bytes>
struct machine;
template <>
struct machine<1> {
  typedef std::int8_t integer;
  typedef std::uint8_t natural;
};
template <>
struct machine<2> {
  typedef std::int16_t integer;
  typedef std::uint16_t natural;
};
template <>
struct machine<4> {
  typedef std::int32_t integer;
  typedef std::uint32_t natural;
};
template <>
struct machine<8> {
  typedef std::int64_t integer;
  typedef std::uint64_t natural;
};
template <>
struct machine<16> {
  typedef int128 integer;
  typedef uint128 natural;
};

constexpr int bytes_of(int bits) {
  return bits <= 8 ? 1 : bits <= 16 ? 2 : bits <= 32 ? 4 : bits <= 64 ? 8 : 16;
}

}  // namespace detail

template <int Bits>
using calc = typename detail::machine<(Bits <= 32) ? 4 : (Bits <= 64) ? 8 : 16>::integer;

template <int Bits>
using modular = typename detail::machine<(Bits <= 32) ? 4 : (Bits <= 64) ? 8 : 16>::natural;

template <int Grown, int>
using partial = calc<Grown>;

// A machine multiplies in the width of its factors.
template <int Bits, int Product>
using factor = calc<(Bits > Product) ? Bits : Product>;

// A stored number: conversions to it keep the lowest Bits bits, as those of ap_int do.
template <int Bits, bool Signed>
struct number {
  static_assert(Bits >= 1 && Bits <= 128, "numbers have 1 to 128 bits");
  typedef detail::machine<detail::bytes_of(Bits)> words;
  typedef typename words::natural natural;
  typedef typename detail::choose<Signed, typename words::integer, natural>::type storage;
  static constexpr int unused = 8 * detail::bytes_of(Bits) - Bits;

  storage held;

  number() = default;
  template <class T>
  number(T value) : held(cut(static_cast<natural>(value))) {}
  operator storage() const { return held; }

 private:
  static storage cut(natural bits) {
    return static_cast<storage>(
        static_cast<storage>(static_cast<natural>(bits << unused)) >> unused);
  }
};

#endif

// Two's complement, and unsigned.
template <int Bits>
using integer = number<Bits, true>;
template <int Bits>
using natural = number<Bits, false>;

// The constants of a memory. Simulators build them before they start, so there they are plain.
#ifdef __SYNTHESIS__
template <int Bits, bool Signed>
using stored = number<Bits, Signed>;
#define HW_ROM static const
#else
template <int Bits, bool Signed>
using stored = typename detail::choose<
    Signed,
    typename detail::choose<
        (Bits <= 8), signed char,
        typename detail::choose<(Bits <= 16), short,
                                typename detail::choose<(Bits <= 32), int, long long>::type>::type>::type,
    typename detail::choose<
        (Bits <= 8), unsigned char,
        typename detail::choose<
            (Bits <= 16), unsigned short,
            typename detail::choose<(Bits <= 32), unsigned, unsigned long long>::type>::type>::type>::type;
#define HW_ROM static constexpr
#endif

// The number that a code of Bits bits, as it stands in a memory, means in two's complement.
template <int Bits, class T>
calc<Bits> decoded(T code) {
  return calc<Bits>(integer<Bits>(code));
}

}  // namespace hw

#endif
