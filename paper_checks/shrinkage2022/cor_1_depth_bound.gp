# The deepest network within a budget against the non-linearity $R$ of its layers: leaky relu from nearly straight, on the left, to relu (black),
# other activations at several budgets (red), and the depth that Theorem 1 allows each of them (blue).
set title "Deepest networks; leaky relu: J² ≤ 1, 1 − ρ_{max} ≥ ".setting("x")
set xlabel "non-linearity R = ‖φ − φ̄‖² / ‖φ′‖²"
set ylabel "depth L"
set logscale xy
set format xy "10^{%L}"
@tight
@two_rows
plot table using "R":(pick("leaky relu", column("bound"))) with linespoints linestyle 3 pointtype 7 pointsize 0.35 title "allowed by Theorem 1", \
     "" using "R":(pick("leaky relu", column("depth"))) with linespoints linestyle 1 pointtype 7 pointsize 0.5 title "leaky relu", \
     "" using "R":(strcol(1) eq "leaky relu" ? NaN : column("bound")) with points linestyle 3 pointtype 7 pointsize 0.35, \
     "" using "R":(strcol(1) eq "leaky relu" ? NaN : column("depth")) with points linestyle 2 title "other activations"
