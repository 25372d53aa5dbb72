# The slope at 1 of $L$ cropped maps (black) and what their excess convexity $e$ guarantees, $1+e$ (blue). Solid: one activation; dashed: relu and
# erf in turn.
set title "Cropped maps composed, ".setting("phi")
set xlabel "depth L (non-linear layers)"
set ylabel "slope at 1"
set logscale xy
set format y "10^{%L}"
@depths
mixed = "relu and erf in turn"
chosen(value) = strcol(1) eq mixed || strcol(1)[1:3] eq "the" ? NaN : value
plot table using "L":(chosen(column("slope"))) with lines linestyle 1 title "slope", \
     "" using "L":(chosen(1 + column("e"))) with lines linestyle 3 title "1 + e", \
     "" using "L":(pick(mixed, column("slope"))) with lines linestyle 1 dashtype 2, \
     "" using "L":(pick(mixed, 1 + column("e"))) with lines linestyle 3 dashtype 2
