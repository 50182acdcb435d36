// A design as `verilator_main.cpp` sees it. The ports come from the generated header hw_ports.h,
// which defines
//
//   HW_INPUTS(PORT)    PORT(index, prefix, bytes, words) for every AXI4-Stream input
//   HW_OUTPUTS(PORT)   the same for every output
//   HW_MEMORIES(PORT)  PORT(index, prefix, status, bytes, size) for every AXI4 read master
//
// with `bytes` the width of tdata or rdata in bytes, `words` the beats of a frame and `size` the
// bytes of the image in external memory; and HW_WAVES_FST or HW_WAVES_VCD
// in programs that can write waveforms, HW_WAVES_TOGGLES in those that count changes of all nets.

#include "Vdut.h"
#include "hw_design.h"
#include "hw_ports.h"
#include "verilated.h"
#if defined(HW_WAVES_FST)
#include "verilated_fst_c.h"
#define HW_TRACE VerilatedFstC
#elif defined(HW_WAVES_VCD)
#include "verilated_vcd_c.h"
#define HW_TRACE VerilatedVcdC
#elif defined(HW_WAVES_TOGGLES)
#include "hw_toggles.h"
#define HW_TRACE VerilatedVcdC
#endif

namespace {

// One port more than there are: an array has at least one element.
#define HW_ONE(...) 1 +
constexpr size_t kInputs = HW_INPUTS(HW_ONE) 0;
constexpr size_t kOutputs = HW_OUTPUTS(HW_ONE) 0;
constexpr size_t kMemories = HW_MEMORIES(HW_ONE) 0;

#define HW_STREAM(index, prefix, bytes, words)                                        \
    {#prefix, bytes, words, &dut_.prefix##_tvalid, &dut_.prefix##_tready,             \
     &dut_.prefix##_tlast, hw::Signal::of(dut_.prefix##_tdata)},
#define HW_SIGNAL(name) hw::Signal::of(dut_.name)
#define HW_MEMORY(index, prefix, status, bytes, size)                                 \
    {#prefix, bytes, size, &dut_.prefix##_arvalid, &dut_.prefix##_arready,            \
     &dut_.prefix##_rvalid, &dut_.prefix##_rready, &dut_.prefix##_rlast,              \
     &dut_.status##_error_o, HW_SIGNAL(prefix##_araddr), HW_SIGNAL(prefix##_arlen),   \
     HW_SIGNAL(prefix##_arsize), HW_SIGNAL(prefix##_arburst), HW_SIGNAL(prefix##_rid), \
     HW_SIGNAL(prefix##_rresp), HW_SIGNAL(prefix##_rdata), HW_SIGNAL(status##_base_i), \
     HW_SIGNAL(status##_starved_o)},

// The context comes first: a model needs it to the end.
struct Context {
    VerilatedContext context;
    Context(int seed, bool waves) {
        context.randReset(2);  // registers that nobody resets start with random bits
        context.randSeed(seed);
        context.traceEverOn(waves);
    }
};

class Ported final : Context, public hw::Design {
    Vdut dut_;
    const hw::StreamPort inputs_[kInputs + 1] = {HW_INPUTS(HW_STREAM){}};
    const hw::StreamPort outputs_[kOutputs + 1] = {HW_OUTPUTS(HW_STREAM){}};
    const hw::MemoryPort memories_[kMemories + 1] = {HW_MEMORIES(HW_MEMORY){}};
#ifdef HW_TRACE
#ifdef HW_WAVES_TOGGLES
    hw::ToggleFile file_;  // before what writes to it
    HW_TRACE trace_{&file_};
#else
    HW_TRACE trace_;
#endif
    const bool traced_;
#endif

  public:
    Ported(int seed, [[maybe_unused]] const char* waves)
        : Context{seed, waves != nullptr}
        , dut_{&context}
#ifdef HW_TRACE
        , traced_{waves != nullptr}
#endif
    {
        aclk = &dut_.aclk;
        aresetn = &dut_.aresetn;
        frame_error = &dut_.frame_error_o;
        inputs = {inputs_, kInputs};
        outputs = {outputs_, kOutputs};
        memories = {memories_, kMemories};
#ifdef HW_TRACE
        if (!traced_) return;
        dut_.trace(&trace_, 99);
        trace_.open(waves);
#endif
    }
    void eval() override { dut_.eval(); }
    void tick() override {
#ifdef HW_TRACE
        if (traced_) trace_.dump(context.time());
#endif
        context.timeInc(1);
    }
    void finish() override {
#ifdef HW_TRACE
        if (traced_) trace_.close();
#endif
        dut_.final();
    }
};

}  // namespace

hw::Design* hw::make_design(int seed, const char* waves) { return new Ported{seed, waves}; }
