// What must hold in hw_join, before the line that `//@` names.
//@endmodule
  for (genvar i = 0; i < Inputs; i++) begin : gen_formal
    always_comb begin
      // A word moves at every input and at the output, or nowhere.
      assert ((valid_i[i] && ready_o[i]) == (valid_o && ready_i));
      assert (data_o[i*Width +: Width] == data_i[i*Width +: Width]);
      if (!valid_i[i]) assert (!valid_o);
    end
  end
  always_comb begin
    if (valid_i == {Inputs{1'b1}}) assert (valid_o);
    cover (valid_o && ready_i);
    cover (valid_i != '0 && !valid_o && ready_i);
  end
