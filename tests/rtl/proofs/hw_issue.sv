// What must hold in hw_issue, before the line that `//@` names.
//@endmodule
  always_comb begin
    assert (in_ready_o == {Inputs{out_start_o}});
    assert (out_valid_o == out_start_o);
    assert (out_start_o == (in_valid_i == '1 && out_ok_i));
    assert (out_data_o == in_data_i);
    cover (out_start_o);
  end
