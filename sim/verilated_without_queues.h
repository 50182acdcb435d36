// Verilator's header without what g++ would do anew for every program, translated header or not:
// its functions for four types of queues instantiate a large part of std::deque. No design of ours
// has queues. A program that used one would not compile with this, and is compiled without it.

#include <cstddef>
#include <cstdint>

template <class T_Value, size_t N_MaxSize>
class VlQueue;

#define HW_ABSENT __attribute__((error("this program needs Verilator's own queues")))
#define HW_QUEUE(T)                             \
    template <>                                 \
    class VlQueue<T, 0> {                       \
      public:                                   \
        HW_ABSENT int size() const;             \
        HW_ABSENT void renew(size_t);           \
        HW_ABSENT T& atWrite(int32_t);          \
        HW_ABSENT const T& at(int32_t) const;   \
        HW_ABSENT void push_back(const T&);     \
        HW_ABSENT static VlQueue consV(const T&); \
    };

HW_QUEUE(uint8_t)
HW_QUEUE(uint16_t)
HW_QUEUE(uint32_t)
HW_QUEUE(uint64_t)
#undef HW_QUEUE
#undef HW_ABSENT

#include "verilated.h"
