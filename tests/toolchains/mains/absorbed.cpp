// A circuit and what synthesis makes of it, side by side under the same random words. Prints how many
// cycles each output differs, in the order of the bits of `different`.

#include <cstdio>
#include <memory>
#include <random>

#include "Vdut.h"
#include "verilated.h"

int main() {
    constexpr int kCycles = 4000, kOutputs = 13;
    // Until every memory was written: what has no reset starts with something else on each side.
    constexpr int kBefore = 1100;
    std::mt19937 random(1);
    const std::unique_ptr<VerilatedContext> context{new VerilatedContext};
    const std::unique_ptr<Vdut> dut{new Vdut{context.get()}};
    int wrong[kOutputs] = {};
    for (int cycle = 0; cycle < kCycles; ++cycle) {
        const bool first = cycle < kBefore;
        dut->rst = !first && random() % 5 == 0;
        dut->enable = first || random() % 2;
        dut->other = first || random() % 3;
        dut->write = first || random() % 4 == 0;
        dut->place = first ? cycle % 512 : random() % 512;
        dut->a = random() % 512;
        dut->b = random() % 2048;
        dut->clk = 0;
        dut->eval();
        for (int output = 0; !first && output < kOutputs; ++output)
            wrong[output] += dut->different >> output & 1;
        dut->clk = 1;
        dut->eval();
    }
    for (const int count : wrong) std::printf("%d\n", count);
}
