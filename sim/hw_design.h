// What `verilator_main.cpp` knows of a design: its ports as places in memory. The main program is
// compiled once per machine; `verilator_ports.cpp`, which is compiled with every
// design, fills this in.

#ifndef HW_DESIGN_H_
#define HW_DESIGN_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace hw {

// A port of any width: an integer of 8 to 64 bits, or an array of 32-bit words; little-endian
// either way.
struct Signal {
    void* place;
    size_t size;  // bytes of the integer or the array
    template <typename T>
    static Signal of(T& signal) {
        return {&signal, sizeof(T)};
    }
    // Takes `bytes` bytes; what is left of the port is 0.
    void put(const uint8_t* from, size_t bytes) const {
        if (bytes != size) std::memset(place, 0, size);
        std::memcpy(place, from, bytes);
    }
    void operator=(uint64_t value) const { std::memcpy(place, &value, size); }
    operator uint64_t() const {
        uint64_t value = 0;
        std::memcpy(&value, place, size);
        return value;
    }
};

// An AXI4-Stream port.
struct StreamPort {
    const char* name;
    size_t bytes;    // of tdata
    uint64_t words;  // beats of a frame
    uint8_t *tvalid, *tready, *tlast;
    Signal tdata;
};

// An AXI4 read master.
struct MemoryPort {
    const char* name;
    size_t bytes;   // of rdata
    uint64_t size;  // bytes of the image in external memory
    uint8_t *arvalid, *arready, *rvalid, *rready, *rlast, *error;
    Signal araddr, arlen, arsize, arburst, rid, rresp, rdata, base, starved;
};

template <typename Port>
struct Ports {
    const Port* ports;
    size_t count;
    const Port* begin() const { return ports; }
    const Port* end() const { return ports + count; }
    size_t size() const { return count; }
};

struct Design {
    uint8_t *aclk, *aresetn, *frame_error;
    Ports<StreamPort> inputs, outputs;
    Ports<MemoryPort> memories;
    virtual ~Design() = default;
    virtual void eval() = 0;
    virtual void tick() = 0;    // half a clock has passed; a waveform gets what is there now
    virtual void finish() = 0;  // after the last cycle
};

// A design whose registers start with random bits that depend on `seed`; `waves` is the name of a
// waveform file, or null.
Design* make_design(int seed, const char* waves);

}  // namespace hw

#endif
