// What must hold in hw_issue2, before the line that `//@` names.
//@endmodule
  always_comb begin
    assert (in0_ready_o == out_start_o);
    assert (in1_ready_o == out_start_o);
    assert (out_valid_o == out_start_o);
    assert (out_start_o == (in0_valid_i && in1_valid_i && out_ok_i));
    assert (out_data_o[Width0-1:0] == in0_data_i);
    assert (out_data_o[Width1+Width0-1:Width0] == in1_data_i);
    cover (out_start_o);
  end
