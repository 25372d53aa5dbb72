# Excess convexity of $L$ cropped maps composed (black) and the sum of theirs, which it exceeds by superadditivity (blue). Solid: one activation;
# dashed: relu and erf in turn.
set title "Cropped maps composed, ".setting("phi")
set xlabel "depth L (non-linear layers)"
set ylabel "excess convexity e"
set logscale xy
@depths
if (setting("L") eq "2") { set xrange [1:4] }
mixed = "relu and erf in turn"
chosen(value) = strcol(1) eq mixed ? NaN : value
plot table using "L":(chosen(column("e"))) with lines linestyle 1 title "of the chain", \
     "" using "L":(chosen(column("sum"))) with lines linestyle 3 title "sum over layers", \
     "" using "L":(pick(mixed, column("e"))) with lines linestyle 1 dashtype 2, \
     "" using "L":(pick(mixed, column("sum"))) with lines linestyle 3 dashtype 2
